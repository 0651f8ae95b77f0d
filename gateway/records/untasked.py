"""Images in progress that no task would take up again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from gateway.db import Connection, only_one

from .images import Row

# Any number, the same in every process: one at a time looks, until its transaction ends.
LOCK = 0x5E17A70


async def find(connection: Connection) -> list[Row]:
    """Those whose task is not there, or has ended, locked. None while another process looks.

    An image and its task change together, so at any moment both are there or the image has ended.
    """
    if not await only_one(connection, LOCK):
        return []
    cursor = await connection.execute(
        "SELECT i.image_id, i.job_id, i.shop, i.run, j.priority FROM images i JOIN jobs j USING (job_id)"
        " WHERE i.state = 'processing' AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs t"
        "  WHERE t.id = i.task_id AND t.status IN ('todo', 'doing'))"
        " ORDER BY i.image_id FOR UPDATE OF i SKIP LOCKED"
    )
    return await cursor.fetchall()


async def give(connection: Connection, tasks: Mapping[UUID, int]) -> None:
    """`tasks` by image: its present one from now on."""
    await connection.execute(
        "UPDATE images i SET task_id = given.task_id"
        " FROM unnest(%s::uuid[], %s::bigint[]) AS given (image_id, task_id) WHERE i.image_id = given.image_id",
        [list(tasks), list(tasks.values())],
    )
