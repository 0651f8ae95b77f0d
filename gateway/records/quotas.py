"""Quotas of shops and what they have used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.db import Connection

Row = dict[str, Any]


@dataclass(frozen=True)
class Grant:
    """Whether a request may go on, and the tokens left after it."""

    granted: bool
    left: float


async def get(connection: Connection, shop: str) -> Row | None:
    cursor = await connection.execute("SELECT * FROM quotas WHERE shop = %s", [shop])
    return await cursor.fetchone()


async def put(connection: Connection, shop: str, limits: dict[str, int]) -> None:
    await connection.execute(
        "INSERT INTO quotas (shop, requests_per_minute, images_per_month, open_images, stored_bytes)"
        " VALUES (%(shop)s, %(requests_per_minute)s, %(images_per_month)s, %(open_images)s, %(stored_bytes)s)"
        " ON CONFLICT (shop) DO UPDATE SET requests_per_minute = excluded.requests_per_minute,"
        " images_per_month = excluded.images_per_month, open_images = excluded.open_images,"
        " stored_bytes = excluded.stored_bytes, updated_at = now()",
        limits | {"shop": shop},
    )


async def take_request(connection: Connection, shop: str, per_minute: int) -> Grant:
    """A token out of the shop's bucket, which holds a minute's worth and fills evenly: one statement."""
    cursor = await connection.execute(
        "INSERT INTO request_buckets AS b (shop, tokens, granted, at)"
        " VALUES (%(shop)s, %(most)s::float8 - 1, true, clock_timestamp())"
        " ON CONFLICT (shop) DO UPDATE SET (tokens, granted, at) = ("
        "SELECT full_ - CASE WHEN full_ >= 1 THEN 1 ELSE 0 END, full_ >= 1, now_ FROM (SELECT now_, least("
        "%(most)s::float8, b.tokens + greatest(extract(epoch FROM now_ - b.at), 0)::float8 * %(most)s::float8 / 60)"
        " AS full_ FROM (SELECT clock_timestamp() AS now_) AS clock) AS bucket)"
        " RETURNING granted, tokens",
        {"shop": shop, "most": per_minute},
    )
    row = await cursor.fetchone()
    assert row is not None
    return Grant(row["granted"], row["tokens"])


async def add_images(connection: Connection, shop: str, images: int) -> int:
    """Counts images taken in; the month's total. Until the transaction ends nobody else counts for this shop."""
    cursor = await connection.execute(
        "INSERT INTO shop_use AS u (shop, month, images)"
        " VALUES (%(shop)s, date_trunc('month', now() AT TIME ZONE 'UTC')::date, %(images)s)"
        " ON CONFLICT (shop) DO UPDATE SET month = greatest(u.month, excluded.month),"
        " images = excluded.images + CASE WHEN u.month >= excluded.month THEN u.images ELSE 0 END RETURNING images",
        {"shop": shop, "images": images},
    )
    row = await cursor.fetchone()
    assert row is not None
    total: int = row["images"]
    return total


async def images_this_month(connection: Connection, shop: str) -> int:
    cursor = await connection.execute(
        "SELECT images FROM shop_use WHERE shop = %s AND month = date_trunc('month', now() AT TIME ZONE 'UTC')::date",
        [shop],
    )
    row = await cursor.fetchone()
    return row["images"] if row else 0


async def open_images(connection: Connection, shop: str) -> int:
    cursor = await connection.execute(
        "SELECT count(*) AS images FROM images WHERE shop = %s AND state IN ('received', 'processing')", [shop]
    )
    row = await cursor.fetchone()
    assert row is not None
    found: int = row["images"]
    return found


async def month_ends(connection: Connection) -> datetime:
    """When the next month begins (UTC)."""
    cursor = await connection.execute(
        "SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' AS at"
    )
    row = await cursor.fetchone()
    assert row is not None
    at: datetime = row["at"]
    return at
