"""From a photo's bytes to its cut-out: one image through the pipeline, waited for, then drawn as asked.

A request without an id of its own gets one made of what it asks for, so equal requests share a job, however many come
at once, and who comes back after a time-out finds the result. What a job made is drawn once for each style.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePath
from uuid import UUID

from gateway import keys, words
from gateway.db import Database
from gateway.jobs import Jobs
from gateway.ledger import booking
from gateway.ledger.downloads import Downloads
from gateway.records import convert, renders
from gateway.services import Services
from gateway.uploads import Uploads
from selvage_api.compose.v1 import compose_service_pb2
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2 as jobs_pb
from selvage_api.usage.v1 import usage_service_pb2
from services.kit import pictures
from services.kit.errors import ObjectNotFound, SelvageError, table
from services.kit.rpc import context as call_context
from services.kit.store import ObjectStore

from .errors import CutoutCancelled, CutoutTakesLong

STAGE = "cutout"
# Attempts over failed or expired jobs of the same photo; each takes the next id.
MOST_ATTEMPTS = 20


@dataclass(frozen=True)
class Photo:
    data: bytes
    media_type: str = ""
    name: str = ""


@dataclass(frozen=True)
class Asked:
    shop: str
    photo: Photo
    style: compose_service_pb2.CutoutStyle
    backdrop: bytes = b""
    profile: str = ""
    category: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Made:
    image: images_pb2.Image
    drawn: compose_service_pb2.RenderCutoutResponse
    data: bytes
    model: str  # "<profile>/<version>" of the segmenter
    new: bool  # whether this request made the job


class Maker:
    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        services: Services,
        jobs: Jobs,
        uploads: Uploads,
        downloads: Downloads,
        seconds: float,
    ) -> None:
        self._database = database
        self._store = store
        self._services = services
        self._jobs = jobs
        self._uploads = uploads
        self._downloads = downloads
        self._seconds = seconds

    async def probe(self, photo: Photo) -> pictures.PictureInfo:
        """What the photo is. Raises PhotoError: such a photo never becomes a job."""
        return await asyncio.to_thread(pictures.probe, photo.data)

    async def make(self, asked: Asked) -> Made:
        """Raises CutoutTakesLong, CutoutCancelled, and why the image failed or could not be taken in."""
        until = time.monotonic() + self._seconds
        kept = await self._keep(asked.shop, asked.photo)
        request = await self._request(asked, kept)
        wanted = request.request_id
        for attempt in range(MOST_ATTEMPTS):
            made, replayed = await self._jobs.create(request)
            image = await self._wait(made.job.job_id, until)
            again = replayed and not asked.request_id and attempt + 1 < MOST_ATTEMPTS
            try:
                return await self._finish(asked, image, new=not replayed)
            except SelvageError as error:
                if not again or not _gone(error, image):
                    raise
            # The earlier job failed for a time, was cancelled or has expired: this request starts another.
            request.request_id = f"{wanted}-{image.image_id}"
        raise CutoutCancelled(job_id=made.job.job_id)

    async def _keep(self, shop: str, photo: Photo) -> images_pb2.ObjectRef:
        async def chunks() -> AsyncIterator[bytes]:
            yield photo.data

        stored, _ = await self._uploads.receive(shop, chunks(), photo.media_type)
        return stored

    async def _request(self, asked: Asked, kept: images_pb2.ObjectRef) -> jobs_pb.CreateJobRequest:
        request = jobs_pb.CreateJobRequest(
            shop=asked.shop,
            profile=asked.profile,
            label="cutout",
            priority=jobs_pb.PRIORITY_RUSH,
            images=[
                jobs_pb.NewImage(
                    original_key=kept.key, source_name=PurePath(asked.photo.name).name[:200], category=asked.category
                )
            ],
        )
        if asked.request_id:
            request.request_id = asked.request_id
            # The same key with another style is another request, which the job alone would not show.
            request.label = f"cutout {_digest(asked.style.SerializeToString(deterministic=True), asked.backdrop)[:32]}"
            return request
        # Other code, other results: an id from before an update must not answer with what was made then.
        versions = [
            (await self._services.describe_segment()).fingerprint,
            (await self._services.describe_matting()).fingerprint,
            (await self._services.describe_compose()).fingerprint,
        ]
        # The name of the file is not part of it: the same photo under another name is the same cut-out.
        request.images[0].source_name = ""
        request.images[0].sku = kept.sha256[:12]
        payload = request.SerializeToString(deterministic=True)
        request.request_id = f"cutout-{_digest(payload, *(version.encode() for version in versions))[:40]}"
        return request

    async def _wait(self, job_id: str, until: float) -> images_pb2.Image:
        """The job's image when it has ended. Raises CutoutTakesLong."""
        try:
            async with asyncio.timeout(until - time.monotonic()):
                async for _ in self._jobs.watch(jobs_pb.WatchJobRequest(job_id=job_id)):
                    pass
        except TimeoutError:
            raise CutoutTakesLong(seconds=f"{self._seconds:g}", job_id=job_id) from None
        listed = await self._jobs.list_images(jobs_pb.ListImagesRequest(job_id=job_id))
        return listed.images[0]

    async def _finish(self, asked: Asked, image: images_pb2.Image, *, new: bool) -> Made:
        state = words.state_word(image.state)
        if state == words.FAILED:
            raise _failure(image.error)
        if state == words.CANCELLED:
            raise CutoutCancelled(job_id=image.job_id)
        drawn, data = await self._draw(asked, image)
        self._downloads.note(image.image_id, len(data))
        return Made(image, drawn, data, await self._model(image), new)

    async def _draw(
        self, asked: Asked, image: images_pb2.Image
    ) -> tuple[compose_service_pb2.RenderCutoutResponse, bytes]:
        files = {file.name: file.object for file in image.files}
        if not {"cutout", "alpha"} <= set(files):
            raise ObjectNotFound(key=f"cutout of {image.image_id}")
        inputs = {role: files[role].sha256 if role in files else "" for role in ("cutout", "alpha", "shadow")}
        inputs["backdrop"] = _digest(asked.backdrop) if asked.backdrop else ""
        version = (await self._services.describe_compose()).fingerprint
        settings = {"style": convert.to_json(asked.style)}
        prefix = keys.stage_key(asked.shop, image.original.sha256, STAGE, version, settings, inputs)
        async with self._database.transaction() as connection:
            known = await renders.find(connection, prefix)
        if known is not None:
            try:
                return known, await asyncio.to_thread(self._store.get, known.file.object.key)
            except ObjectNotFound:
                pass  # expired: drawn again
        request = compose_service_pb2.RenderCutoutRequest(
            cutout=files.get("cutout"),
            alpha=files.get("alpha"),
            shadow=files.get("shadow"),
            style=asked.style,
            output_prefix=prefix,
        )
        if asked.backdrop:
            request.backdrop.CopyFrom(await self._backdrop(prefix, asked.backdrop))
        call_context.charge_to.set(image.image_id)
        started = time.perf_counter()
        drawn = await self._services.call("compose", self._services.compose.RenderCutout, request)
        used = usage_service_pb2.Entry(charge_to=image.image_id, method="RenderCutout", use=drawn.use)
        drawn.ClearField("use")  # of this time only
        async with self._database.transaction() as connection:
            if used.use.process:
                await booking.use(connection, [used])
            await renders.remember(connection, prefix, STAGE, drawn, time.perf_counter() - started)
        return drawn, await asyncio.to_thread(self._store.get, drawn.file.object.key)

    async def _backdrop(self, prefix: str, picture: bytes) -> images_pb2.ObjectRef:
        stored = await asyncio.to_thread(self._store.put, f"{prefix}/backdrop", picture, "application/octet-stream")
        return images_pb2.ObjectRef(
            key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
        )

    async def _model(self, image: images_pb2.Image) -> str:
        async with self._database.transaction() as connection:
            numbers = await renders.segmented(connection, UUID(image.image_id))
        return "/".join(str(numbers[name]) for name in ("profile", "model_version") if numbers.get(name))


def _failure(problem: images_pb2.Problem) -> SelvageError:
    """The row an image failed by."""
    for row in table():
        if row.reason == problem.reason:
            return row.rebuild(problem.message, {})
    code = "UNAVAILABLE" if problem.retryable else "FAILED_PRECONDITION"
    return SelvageError.foreign(problem.reason, code, problem.message, {}, problem.retryable)


def _gone(error: SelvageError, image: images_pb2.Image) -> bool:
    """Whether another job may do better than the earlier one that is answered."""
    if isinstance(error, ObjectNotFound | CutoutCancelled):
        return True
    return image.state == images_pb2.IMAGE_STATE_FAILED and image.error.retryable


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
