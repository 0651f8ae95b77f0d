"""Setting ended images to work again: failed ones where they stopped, any of them from a named stage.

The job's row is locked, so a second click finds the images at work and sets none of them to work again.
"""

from __future__ import annotations

from collections.abc import Iterable

from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from services.kit.errors import InvalidArgument, table
from services.kit.metrics import STAGES

from . import lookups, outcomes, policies
from .access.principal import Role, current, require
from .db import Database
from .engine import Engine
from .errors import ImageNotFound, JobCancelled, JobNotFound
from .records import retries


async def retry(database: Database, engine: Engine, request: pb.RetryImagesRequest) -> pb.RetryImagesResponse:
    """The job, and how many images were set to work. Raises InvalidArgument, JobNotFound, ImageNotFound,
    JobCancelled."""
    require(Role.SUBMIT, Role.REVIEW)
    job_id = lookups.job_uuid(request.job_id)
    if request.from_stage and request.from_stage not in STAGES:
        problem = f"{request.from_stage!r} is not one of {', '.join(STAGES)}"
        raise InvalidArgument(field="from_stage", problem=problem)
    named = {lookups.image_uuid(image) for image in request.image_ids}
    async with database.transaction() as connection:
        job = await retries.lock_job(connection, job_id)
        if job is None or not current().sees(job["shop"]):
            raise JobNotFound(job_id=job_id)
        if job["cancelled_at"]:
            raise JobCancelled(job_id=job_id)
        missing = await retries.missing(connection, job_id, named)
        if missing is not None:
            raise ImageNotFound(image_id=missing)
        if named:
            chosen = await retries.named(connection, job_id, named, any_ended=bool(request.from_stage))
        else:
            chosen = await retries.failed(connection, job_id, hopeless())
        states = []
        if chosen:
            tasks = await engine.defer(connection, job["shop"], chosen, job["priority"])
            states = await retries.set_to_work(connection, job_id, tasks, request.from_stage)
        answer = pb.RetryImagesResponse(job=await lookups.job(connection, job_id), retried=len(chosen))
    outcomes.done_again(states)
    return answer


def hopeless() -> Iterable[str]:
    """Reasons of failure that a retry does not mend; of rows this process does not know it may."""
    return {row.reason for row in table() if row.code in policies.HOPELESS}
