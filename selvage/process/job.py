"""Photos to a job: uploads, a request id that names the run, and what of an earlier run still needs doing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import selvage
from selvage.client import Client, Image, Job, NewImage, Problem, StoredPhoto
from services.kit.errors import PhotoError, SelvageError, table

from .entry import Entry
from .inputs import check_readable

UPLOADS = 3


@dataclass(frozen=True)
class Order:
    """What is asked for all photos."""

    out: Path
    shop: str
    template: str = ""
    profile: str = ""
    label: str = ""


@dataclass(frozen=True)
class Submitted:
    """A job and the entries that are its images, in the order of submission."""

    job: Job
    entries: tuple[Entry, ...]


def upload(
    client: Client, entries: Sequence[Entry], shop: str, on_done: Callable[[int], None]
) -> dict[str, StoredPhoto]:
    """Uploads by photo name. A photo that cannot be read or stored gets its `error`; the others go on."""
    stored: dict[str, StoredPhoto] = {}
    with ThreadPoolExecutor(UPLOADS, thread_name_prefix="selvage-upload") as threads:
        try:
            running = [threads.submit(_upload, client, entry, shop) for entry in entries]
            for count, (entry, future) in enumerate(zip(entries, running, strict=True), 1):
                answer = future.result()
                if isinstance(answer, Problem):
                    entry.error = answer
                else:
                    stored[entry.source.name] = answer
                on_done(count)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return stored


def submit(
    client: Client, entries: Sequence[Entry], stored: dict[str, StoredPhoto], order: Order
) -> Iterator[Submitted]:
    """The jobs of this run, oldest first; only the last one can have work left.

    The request id comes from the photos and what is asked, so the same command finds its earlier job. Images that
    failed there for a reason outside of the photo, or were cancelled, are submitted once more in a job of their own.
    """
    left = [entry for entry in entries if entry.source.name in stored]
    attempt = 0
    while left:
        images = [_new_image(entry, stored[entry.source.name]) for entry in left]
        key = _request_id(images, stored, left, order, attempt)
        job = client.create_job(
            images, shop=order.shop, template=order.template, profile=order.profile, label=order.label, request_id=key
        )
        yield Submitted(job, tuple(left))
        if not (job.replayed and job.ended):
            return
        states = list(client.images(job.job_id))
        left = [entry for entry, image in zip(left, states, strict=True) if worth_another_try(image)]
        attempt += 1


def worth_another_try(image: Image) -> bool:
    """A photo that cannot be used stays so; anything else may be different by now."""
    if image.state == "cancelled":
        return True
    return image.state == "failed" and (image.error is None or image.error.reason not in photo_reasons())


def photo_reasons() -> frozenset[str]:
    return frozenset(row.reason for row in table() if issubclass(row, PhotoError))


def _upload(client: Client, entry: Entry, shop: str) -> StoredPhoto | Problem:
    try:
        check_readable(entry.source.path)
        return client.upload(entry.source.path, shop=shop)
    except SelvageError as error:
        # Only the photo's own faults are put down to it: a lost server or a full disk ends the run.
        if isinstance(error, PhotoError) or error.http == 413:
            return Problem(error.reason, error.message)
        raise


def _new_image(entry: Entry, photo: StoredPhoto) -> NewImage:
    source = entry.source
    names = (source.name, source.sku, source.image_no)
    return NewImage(photo.key, *names, source.shoot, source.category, source.tier, source.template)


def _request_id(
    images: Sequence[NewImage], stored: dict[str, StoredPhoto], entries: Sequence[Entry], order: Order, attempt: int
) -> str:
    asked = [selvage.__version__, str(order.out.resolve()), order.shop, order.template, order.profile, order.label]
    photos = [[image.to_json(), stored[entry.source.name].sha256] for image, entry in zip(images, entries, strict=True)]
    digest = hashlib.sha256(json.dumps([asked, photos], sort_keys=True).encode()).hexdigest()
    return f"process-{digest[:48]}-{attempt}"
