"""API keys. Secrets are here as SHA-256 only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.db import Connection

Row = dict[str, Any]
# Noted no more often than this, by however many gateways.
LAST_USE_EVERY = timedelta(minutes=1)


async def insert(
    connection: Connection,
    key_id: str,
    shop: str,
    roles: Sequence[str],
    label: str,
    digest: bytes,
    expires_at: datetime | None,
) -> Row:
    cursor = await connection.execute(
        "INSERT INTO api_keys (key_id, shop, roles, label, secret_sha256, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING *",
        [key_id, shop, list(roles), label, digest, expires_at],
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def get(connection: Connection, key_id: str, *, lock: bool = False) -> Row | None:
    query = "SELECT * FROM api_keys WHERE key_id = %s"
    cursor = await connection.execute(query + " FOR UPDATE" if lock else query, [key_id])
    return await cursor.fetchone()


async def page(connection: Connection, shop: str, before: int | None, size: int) -> list[Row]:
    """Newest first. An empty shop means all."""
    cursor = await connection.execute(
        "SELECT * FROM api_keys WHERE (%(shop)s = '' OR shop = %(shop)s)"
        " AND (%(before)s::bigint IS NULL OR number < %(before)s) ORDER BY number DESC LIMIT %(size)s",
        {"shop": shop, "before": before, "size": size},
    )
    return await cursor.fetchall()


async def revoke(connection: Connection, key_id: str) -> Row | None:
    """The row; a key that was revoked before keeps its time."""
    cursor = await connection.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = %s RETURNING *", [key_id]
    )
    return await cursor.fetchone()


async def rotate(connection: Connection, key_id: str, digest: bytes, overlap: timedelta) -> Row:
    """A new secret; the present one is good for `overlap` more, the one before it no longer."""
    cursor = await connection.execute(
        "UPDATE api_keys SET previous_sha256 = secret_sha256, previous_until = now() + %s, secret_sha256 = %s"
        " WHERE key_id = %s RETURNING *",
        [overlap, digest, key_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def note_use(connection: Connection, used: Mapping[str, datetime]) -> None:
    await connection.execute(
        "UPDATE api_keys k SET last_used_at = u.at"
        " FROM unnest(%s::text[], %s::timestamptz[]) AS u (key_id, at)"
        " WHERE k.key_id = u.key_id AND (k.last_used_at IS NULL OR k.last_used_at <= u.at - %s::interval)",
        [list(used), list(used.values()), LAST_USE_EVERY],
    )
