"""Uploads promised to clients that PUT straight into the object store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.db import Connection


async def insert(connection: Connection, upload_id: UUID, shop: str, media_type: str, expires_at: datetime) -> None:
    await connection.execute(
        "INSERT INTO pending_uploads (upload_id, shop, media_type, expires_at) VALUES (%s, %s, %s, %s)",
        [upload_id, shop, media_type, expires_at],
    )


async def get(connection: Connection, upload_id: UUID) -> dict[str, Any] | None:
    """The row, with `expired` by the clock of the database."""
    cursor = await connection.execute(
        "SELECT *, expires_at < now() AS expired FROM pending_uploads WHERE upload_id = %s", [upload_id]
    )
    return await cursor.fetchone()


async def finish(connection: Connection, upload_id: UUID, key: str) -> None:
    """The first to finish names the photo."""
    await connection.execute(
        "UPDATE pending_uploads SET key = %s WHERE upload_id = %s AND key IS NULL", [key, upload_id]
    )


async def forgotten(connection: Connection, older_seconds: int, most: int) -> list[tuple[UUID, str]]:
    """(upload, shop) of those expired for so long, locked until the transaction ends; passes over locked ones."""
    cursor = await connection.execute(
        "SELECT upload_id, shop FROM pending_uploads WHERE expires_at < now() - make_interval(secs => %s)"
        " ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED",
        [older_seconds, most],
    )
    return [(row["upload_id"], row["shop"]) for row in await cursor.fetchall()]


async def delete(connection: Connection, upload_ids: Sequence[UUID]) -> None:
    await connection.execute("DELETE FROM pending_uploads WHERE upload_id = ANY(%s)", [list(upload_ids)])
