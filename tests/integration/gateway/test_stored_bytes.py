"""Bytes by shop: known at once, and the same after folding."""

from __future__ import annotations

from gateway.db import Database
from gateway.records import retention
from tests.parts.house import House


async def _bytes(house: House, shop: str) -> tuple[int, int]:
    """Before and after folding."""
    database = Database(house.gateway.database_url, 2)
    await database.open()
    try:
        async with database.transaction() as connection:
            before = await retention.stored_bytes(connection, shop)
            while await retention.fold(connection):
                pass
        async with database.transaction() as connection:
            assert (await (await connection.execute("SELECT count(*) AS n FROM stored_changes")).fetchone()) == {"n": 0}
            return before, await retention.stored_bytes(connection, shop)
    finally:
        await database.close()


async def test_bytes_are_those_in_the_store_and_a_repost_adds_none(house: House) -> None:
    await house.ended((await house.job(1, 2)).job_id)
    stored = sum(found.size for found in house.store.list("shop/"))
    assert await _bytes(house, "shop") == (stored, stored)
    await house.ended((await house.job(1)).job_id)
    # The same photo on the same day: every object was there.
    assert sum(found.size for found in house.store.list("shop/")) == stored
    assert await _bytes(house, "shop") == (stored, stored)
    assert await _bytes(house, "other") == (0, 0)
