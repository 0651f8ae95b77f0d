"""Procrastinate as it comes: its own pool, fetching and finishing, in its own schema."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import grpc.aio
import procrastinate
from procrastinate.schema import SchemaManager
from procrastinate.types import JSONValue

from selvage_api.compose.v1 import compose_service_pb2, compose_service_pb2_grpc
from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2, matting_service_pb2_grpc
from selvage_api.segment.v1 import segment_service_pb2, segment_service_pb2_grpc

# What a task does for an image.
Work = Callable[[str], Awaitable[None]]


async def tasks_per_second(url: str, tasks: int, concurrency: int, *, schema: bool) -> float:
    """Of one worker whose tasks do nothing. With `schema` it is applied first, to an empty database."""

    async def nothing(image_id: str) -> None:
        del image_id

    return await _per_second(url, [str(number) for number in range(tasks)], concurrency, nothing, schema=schema)


async def images_per_second(url: str, photos: Sequence[images_pb2.ObjectRef], concurrency: int, services: str) -> float:
    """Of one worker whose tasks make the calls of an image, one after the other, and keep nothing of the answers."""
    by_key = {photo.key: photo for photo in photos}
    async with grpc.aio.insecure_channel(services) as channel:
        segment = segment_service_pb2_grpc.SegmentServiceStub(channel)
        matting = matting_service_pb2_grpc.MattingServiceStub(channel)
        compose = compose_service_pb2_grpc.ComposeServiceStub(channel)

        async def image(key: str) -> None:
            photo = by_key[key]
            plate = await segment.EstimatePlate(
                segment_service_pb2.EstimatePlateRequest(photos=[photo], output_prefix=key)
            )
            alpha = await segment.Segment(
                segment_service_pb2.SegmentRequest(photo=photo, plate=plate.plate, profile="none", output_prefix=key)
            )
            matte = await matting.Matte(
                matting_service_pb2.MatteRequest(
                    photo=photo, alpha=alpha.alpha, confidence=alpha.confidence, plate=plate.plate, output_prefix=key
                )
            )
            await compose.Compose(
                compose_service_pb2.ComposeRequest(
                    photo=photo, cutout=matte.cutout, alpha=matte.alpha, template="plain", output_prefix=key
                )
            )

        return await _per_second(url, list(by_key), concurrency, image, schema=True)


async def _per_second(url: str, images: Sequence[str], concurrency: int, work: Work, *, schema: bool) -> float:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=10))

    @app.task(queue="bare")
    async def task(image_id: str) -> None:
        await work(image_id)

    async with app.open_async():
        if schema:
            await SchemaManager(app.connector).apply_schema_async()
        arguments: list[dict[str, JSONValue]] = [{"image_id": image} for image in images]
        await task.batch_defer_async(*arguments)
        started = time.perf_counter()
        with suppress(TimeoutError):
            await app.run_worker_async(
                queues=["bare"], concurrency=concurrency, wait=False, delete_jobs="successful",
                install_signal_handlers=False,
            )  # fmt: skip
        return len(images) / (time.perf_counter() - started)
