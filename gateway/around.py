"""What surrounds a run of an image and each of its stages, for traces and the wait in the queue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from services.kit import metrics, tracing

from . import words
from .stages import ImageRun


@contextmanager
def run(run: ImageRun) -> Iterator[None]:
    """The first run also records the image itself, so that there is one root however often it is worked on."""
    row = run.row
    if row["from_state"] == words.RECEIVED:
        metrics.QUEUE_WAIT_SECONDS.observe(row["waited"])
    root = tracing.image(run.image_id)
    if root is None:
        yield
        return
    image_id, job_id = str(run.image_id), str(row["job_id"])
    if run.number == 1:
        tracing.record_image(
            run.image_id, row["waited"], row["traceparent"],
            job_id=job_id, shop=row["shop"], sku=row["sku"],
        )  # fmt: skip
    tracing.record("queue", "internal", root, row["waited"])
    with tracing.span("run", "consumer", parent=root, image_id=image_id, job_id=job_id, run=run.number):
        yield


@asynccontextmanager
async def stage(name: str, attempt: int) -> AsyncIterator[None]:
    with tracing.span(f"stage {name}", attempt=attempt):
        yield
