"""What expires: photos to look at, the locks under which that is decided, and what is written about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.db import Connection

from . import events

Row = dict[str, Any]


async def due(
    connection: Connection, older_seconds: float | None, again_seconds: float, began: datetime, most: int
) -> list[str]:
    """Keys of photos that were half swept, then of those unused for so long and not looked at lately; none twice in a
    round that `began` then."""
    cursor = await connection.execute(
        "SELECT key FROM photos WHERE coalesce(checked_at <= %(began)s, true)"
        " AND (sweeping OR used_at < now() - make_interval(secs => %(older)s)"
        "  AND coalesce(checked_at <= now() - make_interval(secs => %(again)s), true))"
        " ORDER BY sweeping DESC, checked_at NULLS FIRST, key LIMIT %(most)s",
        {"older": older_seconds, "again": again_seconds, "began": began, "most": most},
    )
    return [row["key"] for row in await cursor.fetchall()]


async def lock(connection: Connection, key: str) -> Row | None:
    """The photo with `unused`, seconds since its last use. Until the transaction ends no job and no upload can begin to
    refer to it."""
    cursor = await connection.execute(
        "SELECT *, extract(epoch FROM now() - used_at)::float8 AS unused, EXISTS (SELECT 1 FROM shoots s"
        " WHERE s.empty_frame ->> 'key' = key) AS framed FROM photos WHERE key = %s FOR UPDATE",
        [key],
    )
    return await cursor.fetchone()


async def images(connection: Connection, key: str) -> list[Row]:
    """The photo's images, locked against every change: `age` in seconds since the last one, `passed` stages."""
    cursor = await connection.execute(
        "SELECT image_id, job_id, state, files, expired, extract(epoch FROM now() - updated_at)::float8 AS age"
        " FROM images WHERE original ->> 'key' = %s ORDER BY image_id FOR NO KEY UPDATE",
        [key],
    )
    rows = {row["image_id"]: row | {"passed": []} for row in await cursor.fetchall()}
    cursor = await connection.execute(
        "SELECT image_id, stage, key, outputs FROM stage_runs WHERE image_id = ANY(%s)", [list(rows)]
    )
    for stage in await cursor.fetchall():
        rows[stage["image_id"]]["passed"].append(stage)
    return list(rows.values())


async def expire(
    connection: Connection, job_id: UUID, image_id: UUID, kinds: Sequence[str], fresh: Sequence[str]
) -> None:
    """`kinds` are expired from now on, `fresh` of them since now. The time of the last change stays."""
    await connection.execute(
        "UPDATE images SET expired = %s, version = version + 1 WHERE image_id = %s", [list(kinds), image_id]
    )
    await events.append(connection, job_id, image_id, "expired", detail={"kinds": list(fresh)})
    await events.notify_image(connection, job_id, image_id)


async def results(connection: Connection, keys: Collection[str]) -> list[Row]:
    cursor = await connection.execute("SELECT key, outputs FROM results WHERE key = ANY(%s)", [list(keys)])
    return await cursor.fetchall()


async def forget_results(connection: Connection, keys: Collection[str]) -> None:
    await connection.execute("DELETE FROM results WHERE key = ANY(%s)", [list(keys)])


async def forget_upload(connection: Connection, key: str) -> None:
    """The original has expired: whoever wants it uploads it again."""
    await connection.execute("UPDATE photos SET gone = true WHERE key = %s", [key])
    await connection.execute("DELETE FROM uploads WHERE key = %s", [key])


async def looked_at(connection: Connection, key: str, *, sweeping: bool) -> None:
    await connection.execute("UPDATE photos SET checked_at = now(), sweeping = %s WHERE key = %s", [sweeping, key])


async def forget_photo(connection: Connection, key: str) -> None:
    await connection.execute("DELETE FROM photos WHERE key = %s", [key])
