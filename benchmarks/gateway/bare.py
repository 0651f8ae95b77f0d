"""Procrastinate as it comes: tasks that do nothing, its own pool, fetching and finishing, in its own schema."""

from __future__ import annotations

import time
from contextlib import suppress

import procrastinate
from procrastinate.schema import SchemaManager
from procrastinate.types import JSONValue


async def images_per_second(url: str, tasks: int, concurrency: int, *, schema: bool) -> float:
    """Tasks a second of one worker. With `schema` it is applied first, to an empty database."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=10))

    @app.task(queue="bare")
    async def nothing(image_id: str) -> None:
        del image_id

    async with app.open_async():
        if schema:
            await SchemaManager(app.connector).apply_schema_async()
        arguments: list[dict[str, JSONValue]] = [{"image_id": str(number)} for number in range(tasks)]
        await nothing.batch_defer_async(*arguments)
        started = time.perf_counter()
        with suppress(TimeoutError):
            await app.run_worker_async(
                queues=["bare"], concurrency=concurrency, wait=False, delete_jobs="successful",
                install_signal_handlers=False,
            )  # fmt: skip
        return tasks / (time.perf_counter() - started)
