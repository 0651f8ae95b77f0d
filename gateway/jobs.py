"""What clients may ask about jobs and images: protos in, protos out. Used by gRPC and REST alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import metrics, tracing
from services.kit.store import ObjectStore

from . import intake, lookups, masks, offers, paging, partial, retrying, watching, words
from .access.principal import READ, Role, current, require
from .access.quotas import Quotas
from .backlog import Backlog
from .changes import Changes
from .db import Connection, Database
from .engine import Engine
from .errors import RequestIdReused
from .ids import uuid7
from .records import events, images, jobs
from .records.images import NewImage
from .records.jobs import Claim
from .services import Services
from .settings import GatewaySettings

# Within a job, heroes first.
TIERS = ("hero", "", "bulk")


class Jobs:
    def __init__(
        self,
        database: Database,
        engine: Engine,
        store: ObjectStore,
        changes: Changes,
        services: Services,
        settings: GatewaySettings,
        quotas: Quotas,
    ) -> None:
        self._database = database
        self._engine = engine
        self._store = store
        self._changes = changes
        self._services = services
        self._settings = settings
        self._quotas = quotas
        self._backlog = Backlog(engine, settings)

    async def create(
        self, request: jobs_service_pb2.CreateJobRequest
    ) -> tuple[jobs_service_pb2.CreateJobResponse, bool]:
        """(the job, whether it was made by an earlier request with this id). In one transaction; all images or none,
        unless the request asks for partial success. One that is only to be validated is rolled back.

        Raises FieldsInvalid, ObjectsMissing, NoImageUsable, RequestIdReused, QuotaExceeded, QueueFull.
        """
        require(Role.SUBMIT, shop=request.shop)
        payload = intake.fingerprint(request)
        async with self._database.transaction() as connection:
            # Before the checks: the answer stands, whatever has become of the photos since.
            if answered := await self._answered(connection, request, payload):
                return answered, True
        taken = await partial.take(request, self._checked)
        rows = intake.rows(taken.request, taken.found)
        job_id = uuid7()
        async with self._database.transaction() as connection:
            if request.request_id:
                claim = Claim(payload, job_id, taken.failed)
                stands = await jobs.claim_request(connection, request.shop, request.request_id, claim)
                if stands.job_id != job_id and (answered := await self._answered(connection, request, payload)):
                    return answered, True
            await intake.hold(connection, taken.request, taken.found, self._store)
            await self._backlog.admit(connection, request.shop, len(rows))
            await jobs.insert(connection, job_id, request, tracing.traceparent())
            tasks = await self._defer(connection, request, rows)
            await images.insert_many(connection, job_id, request.shop, rows, tasks)
            job = await lookups.job(connection, job_id)
            await self._quotas.take_images(connection, request.shop, len(rows))
            if request.validate_only:
                await connection.rollback()
        if not request.validate_only:
            metrics.IMAGES.labels(words.RECEIVED).inc(len(rows))
        return _answer(request, job, taken.failed), False

    async def get(self, request: jobs_service_pb2.GetJobRequest) -> jobs_service_pb2.GetJobResponse:
        require(*READ)
        masks.check(request.read_mask, jobs_service_pb2.Job)
        async with self._database.transaction() as connection:
            job = await lookups.job(connection, lookups.job_uuid(request.job_id))
        return jobs_service_pb2.GetJobResponse(job=masks.apply(request.read_mask, job))

    async def list_jobs(self, request: jobs_service_pb2.ListJobsRequest) -> jobs_service_pb2.ListJobsResponse:
        """Without a shop: those of every shop the caller is for."""
        shop = request.shop or current().shop
        require(*READ, shop=shop)
        size = paging.page_size(request.page_size)
        before = paging.uuid(request.page_token, "jobs", shop)
        masks.check(request.read_mask, jobs_service_pb2.Job)
        async with self._database.transaction() as connection:
            found = await jobs.page(connection, shop, before, size + 1)
        more = paging.token(found[size - 1].job_id, "jobs", shop) if len(found) > size else ""
        kept = [masks.apply(request.read_mask, job) for job in found[:size]]
        return jobs_service_pb2.ListJobsResponse(jobs=kept, next_page_token=more)

    async def cancel(self, request: jobs_service_pb2.CancelJobRequest) -> jobs_service_pb2.CancelJobResponse:
        """Open images end as cancelled: waiting ones never start, running ones may write no more."""
        require(Role.SUBMIT)
        job_id = lookups.job_uuid(request.job_id)
        async with self._database.transaction() as connection:
            await lookups.job(connection, job_id)
            tasks = await jobs.cancel(connection, job_id)
            if tasks is not None:
                await self._engine.take_back(connection, [task for task in tasks if task is not None])
            job = await lookups.job(connection, job_id)
        metrics.IMAGES.labels(words.CANCELLED).inc(len(tasks or ()))
        return jobs_service_pb2.CancelJobResponse(job=job)

    async def retry(self, request: jobs_service_pb2.RetryImagesRequest) -> jobs_service_pb2.RetryImagesResponse:
        return await retrying.retry(self._database, self._engine, request)

    async def get_image(self, request: jobs_service_pb2.GetImageRequest) -> jobs_service_pb2.GetImageResponse:
        require(*READ)
        image_id = lookups.image_uuid(request.image_id)
        masks.check(request.read_mask, images_pb2.Image)
        async with self._database.transaction() as connection:
            image = await lookups.image(connection, image_id)
        return jobs_service_pb2.GetImageResponse(image=masks.apply(request.read_mask, image))

    async def list_images(self, request: jobs_service_pb2.ListImagesRequest) -> jobs_service_pb2.ListImagesResponse:
        require(*READ)
        job_id, size = lookups.job_uuid(request.job_id), paging.page_size(request.page_size)
        states = sorted({words.state_word(state) for state in request.states})
        filters = ("images", str(job_id), states)
        after = paging.number(request.page_token, *filters)
        masks.check(request.read_mask, images_pb2.Image)
        async with self._database.transaction() as connection:
            await lookups.job(connection, job_id)
            start = -1 if after is None else after
            found, last = await images.page(connection, job_id, start, size, states)
            more, _ = await images.page(connection, job_id, last, 1, states) if len(found) == size else ([], 0)
        following = paging.token(last, *filters) if more else ""
        kept = [masks.apply(request.read_mask, image) for image in found]
        return jobs_service_pb2.ListImagesResponse(images=kept, next_page_token=following)

    async def list_events(self, request: jobs_service_pb2.ListEventsRequest) -> jobs_service_pb2.ListEventsResponse:
        """The audit of a job, or of one image of it, oldest first."""
        require(*READ)
        job_id, size = lookups.job_uuid(request.job_id), paging.page_size(request.page_size)
        image_id = lookups.image_uuid(request.image_id) if request.image_id else None
        filters = ("events", str(job_id), str(image_id))
        after = paging.number(request.page_token, *filters)
        async with self._database.transaction() as connection:
            await lookups.job(connection, job_id)
            found = await events.page(connection, job_id, image_id, after or 0, size + 1)
        following = paging.token(found[size - 1].event_id, *filters) if len(found) > size else ""
        return jobs_service_pb2.ListEventsResponse(events=found[:size], next_page_token=following)

    async def watch(
        self, request: jobs_service_pb2.WatchJobRequest
    ) -> AsyncIterator[jobs_service_pb2.WatchJobResponse]:
        """The job and its begun images at once, then what changes, until the job has ended."""
        require(*READ)
        async for message in watching.watch(self._database, self._changes, lookups.job_uuid(request.job_id)):
            yield message

    async def _answered(
        self, connection: Connection, request: jobs_service_pb2.CreateJobRequest, payload: str
    ) -> jobs_service_pb2.CreateJobResponse | None:
        """What this request id was answered before. Raises RequestIdReused when that was another request."""
        claim = await jobs.find_claim(connection, request.shop, request.request_id) if request.request_id else None
        if claim is None:
            return None
        if claim.fingerprint != payload:
            raise RequestIdReused(request_id=request.request_id)
        return _answer(request, await lookups.job(connection, claim.job_id), claim.failed_images)

    async def _checked(self, request: jobs_service_pb2.CreateJobRequest) -> Mapping[str, images_pb2.ObjectRef]:
        """The photos of a request that can be used. Raises FieldsInvalid, ObjectsMissing."""
        intake.check(request, self._settings.images_per_job)
        await offers.check(request, self._services)
        return await intake.originals(request, self._database, self._store)

    async def _defer(
        self, connection: Connection, request: jobs_service_pb2.CreateJobRequest, rows: Sequence[NewImage]
    ) -> list[int]:
        """The tasks of the images, in their order."""
        ordered = [row.image_id for row in sorted(rows, key=lambda row: TIERS.index(row.tier))]
        tasks = await self._engine.defer(connection, request.shop, ordered, words.priority_word(request.priority))
        return [tasks[row.image_id] for row in rows]


def _answer(
    request: jobs_service_pb2.CreateJobRequest,
    job: jobs_service_pb2.Job,
    failed: Iterable[jobs_service_pb2.FailedImage],
) -> jobs_service_pb2.CreateJobResponse:
    if request.validate_only:  # there is no such job
        for field in ("job_id", "create_time", "update_time"):
            job.ClearField(field)
    return jobs_service_pb2.CreateJobResponse(job=job, failed_images=failed)
