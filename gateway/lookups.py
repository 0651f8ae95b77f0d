"""Ids as clients write them, and the job behind one."""

from __future__ import annotations

from uuid import UUID

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit.errors import InvalidArgument

from .access.principal import current
from .db import Connection
from .errors import ImageNotFound, JobNotFound
from .records import images, jobs


def job_uuid(text: str) -> UUID:
    """Raises JobNotFound for what is no id, InvalidArgument for an empty text."""
    try:
        return UUID(text)
    except ValueError:
        raise (JobNotFound(job_id=text) if text else _missing("job_id")) from None


def image_uuid(text: str) -> UUID:
    """Raises ImageNotFound for what is no id, InvalidArgument for an empty text."""
    try:
        return UUID(text)
    except ValueError:
        raise (ImageNotFound(image_id=text) if text else _missing("image_id")) from None


async def job(connection: Connection, job_id: UUID) -> jobs_service_pb2.Job:
    """Raises JobNotFound, also for a job of a shop the caller is not for."""
    found = await jobs.get(connection, job_id)
    if found is None or not current().sees(found.shop):
        raise JobNotFound(job_id=job_id)
    return found


async def image(connection: Connection, image_id: UUID) -> images_pb2.Image:
    """Raises ImageNotFound, also for an image of a shop the caller is not for."""
    found = await images.message(connection, image_id)
    if found is None or not current().sees(found.shop):
        raise ImageNotFound(image_id=image_id)
    return found


def _missing(field: str) -> InvalidArgument:
    return InvalidArgument(field=field, problem="is required")
