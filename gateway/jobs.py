"""What clients may ask about jobs and images: protos in, protos out. Used by gRPC and REST alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import metrics
from services.kit.errors import InvalidArgument
from services.kit.store import ObjectStore

from . import intake, offers, paging, words
from .changes import Changes
from .db import Connection, Database
from .engine import Engine
from .errors import ImageNotFound, JobNotFound, RequestIdReused
from .ids import uuid7
from .records import images, jobs
from .records.images import NewImage
from .services import Services
from .settings import GatewaySettings

# The queue serves higher numbers first.
PRIORITY = {"hero": 10, "": 0, "bulk": -10}
# Images in one message of a watch: with all their files one takes about 5 KB, and messages end at 4 MB.
IMAGES_PER_MESSAGE = 100


class Jobs:
    def __init__(
        self,
        database: Database,
        engine: Engine,
        store: ObjectStore,
        changes: Changes,
        services: Services,
        settings: GatewaySettings,
    ) -> None:
        self._database = database
        self._engine = engine
        self._store = store
        self._changes = changes
        self._services = services
        self._settings = settings

    async def create(
        self, request: jobs_service_pb2.CreateJobRequest
    ) -> tuple[jobs_service_pb2.CreateJobResponse, bool]:
        """(the job, whether it was made by an earlier request with this id). All images or none, in one transaction.

        Raises FieldsInvalid, ObjectsMissing, RequestIdReused.
        """
        intake.check(request, self._settings.images_per_job)
        await offers.check(request, self._services)
        rows = intake.rows(request, await intake.originals(request, self._database, self._store))
        job_id = uuid7()
        async with self._database.transaction() as connection:
            if request.request_id:
                payload = intake.fingerprint(request)
                claimed = await jobs.claim_request(connection, request.shop, request.request_id, payload, job_id)
                if claimed["fingerprint"] != payload:
                    raise RequestIdReused(request_id=request.request_id)
                if claimed["job_id"] != job_id:
                    return jobs_service_pb2.CreateJobResponse(job=await _job(connection, claimed["job_id"])), True
            await jobs.insert(connection, job_id, request.shop, request.label, request.template, request.profile)
            await images.insert_many(connection, job_id, request.shop, rows, await self._defer(connection, rows))
            job = await _job(connection, job_id)
        metrics.IMAGES.labels(words.RECEIVED).inc(len(rows))
        return jobs_service_pb2.CreateJobResponse(job=job), False

    async def get(self, request: jobs_service_pb2.GetJobRequest) -> jobs_service_pb2.GetJobResponse:
        async with self._database.transaction() as connection:
            return jobs_service_pb2.GetJobResponse(job=await _job(connection, job_uuid(request.job_id)))

    async def list_jobs(self, request: jobs_service_pb2.ListJobsRequest) -> jobs_service_pb2.ListJobsResponse:
        size = paging.page_size(request.page_size)
        before = paging.cursor(request.page_token, "jobs", request.shop)
        async with self._database.transaction() as connection:
            found = await jobs.page(connection, request.shop, UUID(str(before)) if before else None, size + 1)
        more = paging.token(found[size - 1].job_id, "jobs", request.shop) if len(found) > size else ""
        return jobs_service_pb2.ListJobsResponse(jobs=found[:size], next_page_token=more)

    async def cancel(self, request: jobs_service_pb2.CancelJobRequest) -> jobs_service_pb2.CancelJobResponse:
        """Open images end as cancelled: waiting ones never start, running ones may write no more."""
        job_id = job_uuid(request.job_id)
        async with self._database.transaction() as connection:
            tasks = await jobs.cancel(connection, job_id)
            if tasks is not None:
                await self._engine.take_back(connection, tasks)
            return jobs_service_pb2.CancelJobResponse(job=await _job(connection, job_id))

    async def get_image(self, request: jobs_service_pb2.GetImageRequest) -> jobs_service_pb2.GetImageResponse:
        image_id = image_uuid(request.image_id)
        async with self._database.transaction() as connection:
            image = await images.message(connection, image_id)
        if image is None:
            raise ImageNotFound(image_id=request.image_id)
        return jobs_service_pb2.GetImageResponse(image=image)

    async def list_images(self, request: jobs_service_pb2.ListImagesRequest) -> jobs_service_pb2.ListImagesResponse:
        job_id, size = job_uuid(request.job_id), paging.page_size(request.page_size)
        states = sorted({words.state_word(state) for state in request.states})
        filters = ("images", str(job_id), states)
        after = paging.cursor(request.page_token, *filters)
        async with self._database.transaction() as connection:
            await _job(connection, job_id)
            start = -1 if after is None else int(after)
            found, last = await images.page(connection, job_id, start, size, states)
            more, _ = await images.page(connection, job_id, last, 1, states) if len(found) == size else ([], 0)
        following = paging.token(last, *filters) if more else ""
        return jobs_service_pb2.ListImagesResponse(images=found, next_page_token=following)

    async def watch(
        self, request: jobs_service_pb2.WatchJobRequest
    ) -> AsyncIterator[jobs_service_pb2.WatchJobResponse]:
        """The job and its begun images at once, then what changes, until the job has ended."""
        job_id = job_uuid(request.job_id)
        seen: dict[UUID, int] = {}
        with self._changes.subscribe(job_id) as subscription:
            changed: set[UUID] | None = None
            first = True
            while True:
                async with self._database.transaction() as connection:
                    job = await _job(connection, job_id)
                    ended = job.state != jobs_service_pb2.JOB_STATE_RUNNING
                    # At the end nothing may be missing: the job was read first, so all its images are final here.
                    fresh = await _fresh(connection, job_id, seen, None if ended else changed)
                for message in _messages(job, fresh, always=first or ended):
                    yield message
                if ended:
                    return
                first = False
                changed = await subscription.next()

    async def _defer(self, connection: Connection, rows: Sequence[NewImage]) -> list[int]:
        """The tasks of the images, in their order."""
        groups: dict[int, list[UUID]] = defaultdict(list)
        for row in rows:
            groups[PRIORITY[row.tier]].append(row.image_id)
        tasks: dict[UUID, int] = {}
        for priority, group in groups.items():
            tasks |= zip(group, await self._engine.defer(connection, group, priority), strict=True)
        return [tasks[row.image_id] for row in rows]


def job_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise (JobNotFound(job_id=text) if text else _missing("job_id")) from None


def image_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise (ImageNotFound(image_id=text) if text else _missing("image_id")) from None


def _missing(field: str) -> InvalidArgument:
    return InvalidArgument(field=field, problem="is required")


async def _job(connection: Connection, job_id: UUID) -> jobs_service_pb2.Job:
    job = await jobs.get(connection, job_id)
    if job is None:
        raise JobNotFound(job_id=job_id)
    return job


async def _fresh(
    connection: Connection, job_id: UUID, seen: dict[UUID, int], changed: set[UUID] | None
) -> list[images_pb2.Image]:
    """Images that are newer than `seen`, which is brought up to date. Unchanged since their arrival is not news."""
    if changed is None:
        versions = await images.versions(connection, job_id)
        changed = {image for image, version in versions.items() if version > seen.get(image, 1)}
    found = await images.messages(connection, list(changed))
    fresh = [image for image in found if int(image.etag) > seen.get(UUID(image.image_id), 1)]
    seen |= {UUID(image.image_id): int(image.etag) for image in fresh}
    return fresh


def _messages(
    job: jobs_service_pb2.Job, found: Sequence[images_pb2.Image], *, always: bool
) -> Sequence[jobs_service_pb2.WatchJobResponse]:
    parts = [found[start : start + IMAGES_PER_MESSAGE] for start in range(0, len(found), IMAGES_PER_MESSAGE)]
    return [jobs_service_pb2.WatchJobResponse(job=job, images=part) for part in parts or ([[]] if always else [])]
