"""Objects in the store that no row refers to, and since when that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.db import Connection


async def seen(connection: Connection, keys: Sequence[str], seconds: float) -> set[str]:
    """Notes these; those that were first seen so long ago."""
    cursor = await connection.execute(
        "INSERT INTO orphans (key) SELECT unnest(%s::text[]) ON CONFLICT (key) DO UPDATE SET last_seen_at = now()"
        " RETURNING key, seen_at <= now() - make_interval(secs => %s) AS old",
        [list(keys), seconds],
    )
    return {row["key"] for row in await cursor.fetchall() if row["old"]}


async def now(connection: Connection) -> datetime:
    row = await (await connection.execute("SELECT now() AS now")).fetchone()
    assert row is not None
    moment: datetime = row["now"]
    return moment


async def forget(connection: Connection, before: datetime) -> None:
    """Those not seen since: they are gone, or somebody refers to them by now."""
    await connection.execute("DELETE FROM orphans WHERE last_seen_at < %s", [before])


async def reserve(connection: Connection, key: str) -> bool:
    """Makes uploads and jobs of a photo wait until the transaction ends; whether nobody knows the photo."""
    cursor = await connection.execute(
        "INSERT INTO photos (key, size, gone) VALUES (%s, 0, true) ON CONFLICT (key) DO NOTHING RETURNING key", [key]
    )
    return await cursor.fetchone() is not None


async def plates(connection: Connection, shop: str) -> set[str]:
    """Keys of the frozen plates of a shop's shoots."""
    cursor = await connection.execute(
        "SELECT plate ->> 'key' AS key FROM shoots WHERE shop = %s AND plate IS NOT NULL", [shop]
    )
    return {row["key"] for row in await cursor.fetchall()}
