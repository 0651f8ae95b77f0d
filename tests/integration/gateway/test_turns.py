"""Who is served when: the real engine and database, tasks claimed one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest

from gateway.db import Database
from gateway.engine import Engine
from gateway.ids import uuid7


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[Queue]:
    database = Database(database_url, 3)
    await database.open()
    engine = Engine(database)
    await engine.open()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as worker:
        yield Queue(database, engine, worker)
    await database.close()


class Queue:
    """Images by name: shop and number."""

    def __init__(self, database: Database, engine: Engine, worker: psycopg.AsyncConnection) -> None:
        self._database, self._engine, self._worker = database, engine, worker
        self._names: dict[UUID, str] = {}
        self.tasks: dict[str, int] = {}

    async def submit(self, shop: str, count: int, priority: str = "normal", first: int = 0) -> None:
        images = {uuid7(): f"{shop}{number}" for number in range(first, first + count)}
        async with self._database.transaction() as connection:
            tasks = await self._engine.defer(connection, shop, list(images), priority)
        self._names |= images
        self.tasks |= {images[image]: task for image, task in tasks.items()}

    async def cancel(self, *names: str) -> None:
        async with self._database.transaction() as connection:
            await self._engine.take_back(connection, [self.tasks[name] for name in names])

    async def claim(self, count: int) -> list[str]:
        found = []
        for _ in range(count):
            cursor = await self._worker.execute("SELECT args FROM claim_task(NULL)")
            row = await cursor.fetchone()
            found.append(self._names[UUID(row[0]["image_id"])] if row and row[0] else "")
        return found

    async def skip_to(self, claim: int) -> None:
        """The next claim has this number; 0 looks at bulk first, 2 at normal."""
        await self._worker.execute("SELECT setval('claims', %s, false)", [claim])


async def test_five_images_do_not_wait_for_ten_thousand(queue: Queue) -> None:
    await queue.submit("a", 10_000)
    assert await queue.claim(3) == ["a0", "a1", "a2"]
    await queue.submit("b", 5)
    assert await queue.claim(12) == ["a3", "b0", "a4", "b1", "a5", "b2", "a6", "b3", "a7", "b4", "a8", "a9"]


async def test_shops_take_turns_whoever_comes_when(queue: Queue) -> None:
    await queue.submit("a", 4)
    await queue.submit("b", 2)
    await queue.submit("a", 2, first=4)
    await queue.submit("c", 2)
    assert await queue.claim(11) == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "a3", "a4", "a5", ""]


async def test_a_shop_that_worked_alone_owes_nothing_afterwards(queue: Queue) -> None:
    await queue.submit("a", 50)
    await queue.claim(50)
    await queue.submit("b", 2)
    await queue.submit("a", 2, first=50)
    assert await queue.claim(4) == ["b0", "a50", "b1", "a51"]


async def test_what_was_cancelled_costs_no_turns(queue: Queue) -> None:
    await queue.submit("a", 100)
    await queue.submit("a", 1, first=100)
    await queue.submit("b", 3)
    await queue.cancel(*(f"a{number}" for number in range(100)))
    await queue.submit("a", 1, first=101)
    assert await queue.claim(5) == ["a100", "b0", "b1", "a101", "b2"]


async def test_priorities_share_the_starts_and_none_waits_for_ever(queue: Queue) -> None:
    for shop, priority in (("n", "normal"), ("k", "bulk"), ("r", "rush")):
        await queue.submit(shop, 32, priority)
    await queue.skip_to(1)
    claimed = await queue.claim(32)
    assert "".join(name[0] for name in claimed) == "rnrrrnrrrnrrrnrk" * 2


async def test_what_one_priority_leaves_the_others_take(queue: Queue) -> None:
    await queue.submit("k", 3, "bulk")
    await queue.submit("r", 1, "rush")
    await queue.submit("n", 1, "normal")
    await queue.skip_to(1)
    assert await queue.claim(5) == ["r0", "n0", "k0", "k1", "k2"]


async def test_a_pause_that_is_over_goes_before_new_images(queue: Queue) -> None:
    await queue.submit("a", 3)
    for seconds, name in ((-1, "a2"), (60, "a0")):
        await queue._worker.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + %s * interval '1 s' WHERE id = %s",
            [seconds, queue.tasks[name]],
        )
    assert await queue.claim(3) == ["a2", "a1", ""]


async def test_a_bulk_intake_sends_one_word(queue: Queue, database_url: str) -> None:
    channel = '"procrastinate_queue_v1#images-rush"'
    async with (
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as listener,
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other,
    ):
        await listener.execute(f"LISTEN {channel}")
        await queue.submit("a", 1000, "rush")
        await other.execute(f"NOTIFY {channel}, 'end'")
        words = []
        async for word in listener.notifies(timeout=60):  # they come in the order they were sent in
            words.append(word.payload)
            if words[-1] == "end":
                break
    assert len(words) == 2
