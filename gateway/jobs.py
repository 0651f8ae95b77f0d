"""What clients may ask about jobs and images: protos in, protos out. Used by gRPC and REST alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import metrics
from services.kit.store import ObjectStore

from . import intake, lookups, offers, paging, watching, words
from .access.principal import READ, Role, current, require
from .access.quotas import Quotas
from .changes import Changes
from .db import Connection, Database
from .engine import Engine
from .errors import RequestIdReused
from .ids import uuid7
from .records import images, jobs
from .records.images import NewImage
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

    async def create(
        self, request: jobs_service_pb2.CreateJobRequest
    ) -> tuple[jobs_service_pb2.CreateJobResponse, bool]:
        """(the job, whether it was made by an earlier request with this id). All images or none, in one transaction.

        Raises FieldsInvalid, ObjectsMissing, RequestIdReused, QuotaExceeded.
        """
        require(Role.SUBMIT, shop=request.shop)
        intake.check(request, self._settings.images_per_job)
        await offers.check(request, self._services)
        photos = await intake.originals(request, self._database, self._store)
        rows = intake.rows(request, photos)
        job_id = uuid7()
        async with self._database.transaction() as connection:
            if request.request_id:
                payload = intake.fingerprint(request)
                claimed = await jobs.claim_request(connection, request.shop, request.request_id, payload, job_id)
                if claimed["fingerprint"] != payload:
                    raise RequestIdReused(request_id=request.request_id)
                if claimed["job_id"] != job_id:
                    made = await lookups.job(connection, claimed["job_id"])
                    return jobs_service_pb2.CreateJobResponse(job=made), True
            await intake.hold(connection, request, photos, self._store)
            await jobs.insert(connection, job_id, request)
            tasks = await self._defer(connection, request, rows)
            await images.insert_many(connection, job_id, request.shop, rows, tasks)
            job = await lookups.job(connection, job_id)
            await self._quotas.take_images(connection, request.shop, len(rows))
        metrics.IMAGES.labels(words.RECEIVED).inc(len(rows))
        return jobs_service_pb2.CreateJobResponse(job=job), False

    async def get(self, request: jobs_service_pb2.GetJobRequest) -> jobs_service_pb2.GetJobResponse:
        require(*READ)
        async with self._database.transaction() as connection:
            return jobs_service_pb2.GetJobResponse(job=await lookups.job(connection, lookups.job_uuid(request.job_id)))

    async def list_jobs(self, request: jobs_service_pb2.ListJobsRequest) -> jobs_service_pb2.ListJobsResponse:
        """Without a shop: those of every shop the caller is for."""
        shop = request.shop or current().shop
        require(*READ, shop=shop)
        size = paging.page_size(request.page_size)
        before = paging.cursor(request.page_token, "jobs", shop)
        async with self._database.transaction() as connection:
            found = await jobs.page(connection, shop, UUID(str(before)) if before else None, size + 1)
        more = paging.token(found[size - 1].job_id, "jobs", shop) if len(found) > size else ""
        return jobs_service_pb2.ListJobsResponse(jobs=found[:size], next_page_token=more)

    async def cancel(self, request: jobs_service_pb2.CancelJobRequest) -> jobs_service_pb2.CancelJobResponse:
        """Open images end as cancelled: waiting ones never start, running ones may write no more."""
        require(Role.SUBMIT)
        job_id = lookups.job_uuid(request.job_id)
        async with self._database.transaction() as connection:
            await lookups.job(connection, job_id)
            tasks = await jobs.cancel(connection, job_id)
            if tasks is not None:
                await self._engine.take_back(connection, tasks)
            return jobs_service_pb2.CancelJobResponse(job=await lookups.job(connection, job_id))

    async def get_image(self, request: jobs_service_pb2.GetImageRequest) -> jobs_service_pb2.GetImageResponse:
        require(*READ)
        image_id = lookups.image_uuid(request.image_id)
        async with self._database.transaction() as connection:
            return jobs_service_pb2.GetImageResponse(image=await lookups.image(connection, image_id))

    async def list_images(self, request: jobs_service_pb2.ListImagesRequest) -> jobs_service_pb2.ListImagesResponse:
        require(*READ)
        job_id, size = lookups.job_uuid(request.job_id), paging.page_size(request.page_size)
        states = sorted({words.state_word(state) for state in request.states})
        filters = ("images", str(job_id), states)
        after = paging.cursor(request.page_token, *filters)
        async with self._database.transaction() as connection:
            await lookups.job(connection, job_id)
            start = -1 if after is None else int(after)
            found, last = await images.page(connection, job_id, start, size, states)
            more, _ = await images.page(connection, job_id, last, 1, states) if len(found) == size else ([], 0)
        following = paging.token(last, *filters) if more else ""
        return jobs_service_pb2.ListImagesResponse(images=found, next_page_token=following)

    async def watch(
        self, request: jobs_service_pb2.WatchJobRequest
    ) -> AsyncIterator[jobs_service_pb2.WatchJobResponse]:
        """The job and its begun images at once, then what changes, until the job has ended."""
        require(*READ)
        async for message in watching.watch(self._database, self._changes, lookups.job_uuid(request.job_id)):
            yield message

    async def _defer(
        self, connection: Connection, request: jobs_service_pb2.CreateJobRequest, rows: Sequence[NewImage]
    ) -> list[int]:
        """The tasks of the images, in their order."""
        ordered = [row.image_id for row in sorted(rows, key=lambda row: TIERS.index(row.tier))]
        tasks = await self._engine.defer(connection, request.shop, ordered, words.priority_word(request.priority))
        return [tasks[row.image_id] for row in rows]
