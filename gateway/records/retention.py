"""How many bytes a shop keeps: totals, and the changes not yet folded into them."""

from __future__ import annotations

from gateway.db import Connection

# Changes folded in one statement.
FOLDED = 20_000


async def stored_bytes(connection: Connection, shop: str) -> int:
    """Bytes of the shop's photos and of everything made from them, as far as it is committed. Two look-ups by key."""
    cursor = await connection.execute(
        # Never below nothing: what was made anew over what had been there is counted once, and may be deleted twice.
        "SELECT greatest(0, coalesce((SELECT bytes FROM stored_totals WHERE shop = %(shop)s), 0)"
        " + coalesce((SELECT sum(bytes) FROM stored_changes WHERE shop = %(shop)s), 0))::bigint AS bytes",
        {"shop": shop},
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["bytes"])


async def count(connection: Connection, shop: str, change: int) -> None:
    """Notes that objects of so many bytes have come, or gone when negative."""
    await connection.execute("INSERT INTO stored_changes VALUES (%s, %s)", [shop, change])


async def fold(connection: Connection) -> bool:
    """Folds changes into the totals; whether there may be more. Any number of processes may do so at once."""
    cursor = await connection.execute(
        "WITH picked AS (SELECT ctid FROM stored_changes LIMIT %(most)s FOR UPDATE SKIP LOCKED),"
        " gone AS (DELETE FROM stored_changes WHERE ctid = ANY(ARRAY(SELECT ctid FROM picked)) RETURNING shop, bytes),"
        " totals AS (INSERT INTO stored_totals SELECT shop, sum(bytes) FROM gone GROUP BY shop ORDER BY shop"
        " ON CONFLICT (shop) DO UPDATE SET bytes = stored_totals.bytes + excluded.bytes)"
        " SELECT count(*) AS folded FROM gone",
        {"most": FOLDED},
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["folded"]) == FOLDED
