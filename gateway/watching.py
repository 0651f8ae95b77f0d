"""Watching a job: its present state at once, then what changes, until it has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2

from . import lookups
from .access.principal import renew
from .changes import Changes
from .db import Connection, Database
from .records import images

# Images in one message of a watch: with all their files one takes about 5 KB, and messages end at 4 MB.
IMAGES_PER_MESSAGE = 100


async def watch(database: Database, changes: Changes, job_id: UUID) -> AsyncIterator[jobs_service_pb2.WatchJobResponse]:
    """The job and its begun images, then what is newer. Raises JobNotFound, Stopping."""
    seen: dict[UUID, int] = {}
    with changes.subscribe(job_id) as subscription:
        changed: set[UUID] | None = None
        first = True
        while True:
            async with database.transaction() as connection:
                job = await lookups.job(connection, job_id)
                ended = job.state != jobs_service_pb2.JOB_STATE_RUNNING
                # At the end nothing may be missing: the job was read first, so all its images are final here.
                fresh = await _fresh(connection, job_id, seen, None if ended else changed)
            for message in _messages(job, fresh, always=first or ended):
                yield message
            if ended:
                return
            first = False
            changed = await subscription.next()
            await renew()


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
