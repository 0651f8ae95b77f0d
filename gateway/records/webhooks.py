"""Webhook endpoints: who is told what, and with which secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from gateway.db import Connection

Row = dict[str, Any]


async def insert(
    connection: Connection,
    endpoint_id: UUID,
    shop: str,
    url: str,
    events: Sequence[str],
    label: str,
    secrets: Sequence[Row],
    limit: int,
) -> Row | None:
    """None when the shop has `limit` endpoints already."""
    # One at a time for a shop, or two could both see room for one more.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('webhooks of ' || %s, 0))", [shop])
    cursor = await connection.execute(
        "INSERT INTO webhook_endpoints (endpoint_id, shop, url, events, label, secrets)"
        " SELECT %(id)s, %(shop)s, %(url)s, %(events)s, %(label)s, %(secrets)s"
        " WHERE (SELECT count(*) FROM webhook_endpoints WHERE shop = %(shop)s) < %(limit)s RETURNING *",
        {
            "id": endpoint_id, "shop": shop, "url": url, "events": list(events), "label": label,
            "secrets": Jsonb(list(secrets)), "limit": limit,
        },
    )  # fmt: skip
    return await cursor.fetchone()


async def get(connection: Connection, endpoint_id: UUID, *, lock: bool = False) -> Row | None:
    query = sql.SQL("SELECT * FROM webhook_endpoints WHERE endpoint_id = %s {}")
    statement = query.format(sql.SQL("FOR NO KEY UPDATE" if lock else ""))
    cursor = await connection.execute(statement, [endpoint_id])
    return await cursor.fetchone()


async def page(connection: Connection, shop: str, after: UUID | None, size: int) -> list[Row]:
    """In order of creation. An empty shop means all."""
    cursor = await connection.execute(
        "SELECT * FROM webhook_endpoints WHERE (%(shop)s = '' OR shop = %(shop)s)"
        " AND (%(after)s::uuid IS NULL OR endpoint_id > %(after)s) ORDER BY endpoint_id LIMIT %(size)s",
        {"shop": shop, "after": after, "size": size},
    )
    return await cursor.fetchall()


async def update(connection: Connection, endpoint_id: UUID, **columns: Any) -> Row:
    """`columns` of an endpoint that is there."""
    settings = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns]
    statement = sql.SQL(
        "UPDATE webhook_endpoints SET updated_at = now(){} WHERE endpoint_id = %(endpoint_id)s RETURNING *"
    ).format(sql.SQL("").join(sql.SQL(", ") + setting for setting in settings))
    cursor = await connection.execute(statement, {"endpoint_id": endpoint_id} | columns)
    row = await cursor.fetchone()
    assert row is not None
    return row


async def disable(connection: Connection, endpoint_id: UUID, reason: str) -> bool:
    """GONE or FAILING; False when it was disabled already."""
    cursor = await connection.execute(
        "UPDATE webhook_endpoints SET disabled = true, disabled_reason = %s, updated_at = now()"
        " WHERE endpoint_id = %s AND NOT disabled",
        [reason, endpoint_id],
    )
    return cursor.rowcount == 1


async def delete(connection: Connection, endpoint_id: UUID) -> None:
    """With its messages."""
    await connection.execute("DELETE FROM webhook_endpoints WHERE endpoint_id = %s", [endpoint_id])
