"""The append-only audit, and the word to those who watch: both in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.db import Connection
from selvage_api.jobs.v1 import jobs_service_pb2

from . import convert

# Payload: "<job id> <image id>", or "<job id>" when many images changed at once.
CHANNEL = "selvage_changes"


async def append(
    connection: Connection,
    job_id: UUID,
    image_id: UUID | None,
    kind: str,
    *,
    from_state: str = "",
    to_state: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    await connection.execute(
        "INSERT INTO events (job_id, image_id, kind, from_state, to_state, detail) VALUES (%s, %s, %s, %s, %s, %s)",
        [job_id, image_id, kind, from_state, to_state, Jsonb(detail or {})],
    )


async def append_many(
    connection: Connection, job_id: UUID, kind: str, changes: Iterable[tuple[UUID, str, str]]
) -> None:
    """One row for each (image, from state, to state)."""
    async with (
        connection.cursor() as cursor,
        cursor.copy("COPY events (job_id, image_id, kind, from_state, to_state) FROM STDIN") as copy,
    ):
        for image_id, from_state, to_state in changes:
            await copy.write_row([job_id, image_id, kind, from_state, to_state])


async def page(
    connection: Connection, job_id: UUID, image_id: UUID | None, after: int, size: int
) -> list[jobs_service_pb2.Event]:
    """Oldest first, those after the event `after`; of one image or of all."""
    cursor = await connection.execute(
        "SELECT * FROM events WHERE job_id = %(job)s AND event_id > %(after)s"
        " AND (%(image)s::uuid IS NULL OR image_id = %(image)s) ORDER BY event_id LIMIT %(size)s",
        {"job": job_id, "image": image_id, "after": after, "size": size},
    )
    return [convert.event(row) for row in await cursor.fetchall()]


async def notify_image(connection: Connection, job_id: UUID, image_id: UUID) -> None:
    await connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{job_id} {image_id}"])


async def notify_job(connection: Connection, job_id: UUID) -> None:
    await connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(job_id)])
