"""Tasks are claimed for all free places at once and ended together: never more than places, and each on its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest

from gateway.db import Database
from gateway.engine import Engine
from gateway.ids import uuid7
from tests.parts.working import at_work

PLACES = 3


class Workshop:
    """An engine at work whose images wait until they are let go."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database, self._engine = database, engine
        self._gates: dict[UUID, asyncio.Event] = {}

    async def submit(self, count: int) -> dict[UUID, int]:
        async with self._database.transaction() as connection:
            return await self._engine.defer(connection, "shop", [uuid7() for _ in range(count)])

    def working(self) -> AbstractAsyncContextManager[None]:
        return at_work(self._engine, self._handle, PLACES)

    async def _handle(self, image: UUID, _task: object) -> None:
        await self._gates.setdefault(image, asyncio.Event()).wait()

    @property
    def begun(self) -> list[UUID]:
        return list(self._gates)

    def let_go(self, *images: UUID) -> None:
        for image in images:
            self._gates[image].set()

    async def tasks(self) -> dict[str, int]:
        """By status."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute("SELECT status, count(*) AS tasks FROM procrastinate_jobs GROUP BY 1")
            return {row["status"]: row["tasks"] for row in await cursor.fetchall()}

    async def forget(self, task: int) -> None:
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [task])


@pytest.fixture
async def workshop(database_url: str) -> AsyncIterator[Workshop]:
    database = Database(database_url, 6)
    await database.open()
    engine = Engine(database)
    await engine.open()
    yield Workshop(database, engine)
    await database.close()


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await met():  # noqa: ASYNC110 - the database is what we wait for
            await asyncio.sleep(0.02)


async def test_as_many_as_there_are_places(workshop: Workshop) -> None:
    await workshop.submit(8)

    async def tasks_are(**expected: int) -> None:
        async def met() -> bool:
            return await workshop.tasks() == expected and len(workshop.begun) == 8 - expected.get("todo", 0)

        await until(met)

    async with workshop.working():
        await tasks_are(doing=3, todo=5)
        workshop.let_go(*workshop.begun[:2])
        await tasks_are(doing=3, todo=3)
        workshop.let_go(*workshop.begun)
        await tasks_are(doing=3)
        workshop.let_go(*workshop.begun)
        await tasks_are()


async def test_who_stops_keeps_nothing(workshop: Workshop) -> None:
    await workshop.submit(5)

    async def some_run() -> bool:
        return bool(workshop.begun)

    async with workshop.working():
        await until(some_run)
    assert await workshop.tasks() == {"todo": 5}


async def test_a_task_that_is_gone_does_not_spoil_the_end_of_others(workshop: Workshop) -> None:
    tasks = await workshop.submit(3)

    async def all_run() -> bool:
        return len(workshop.begun) == 3

    async def all_gone() -> bool:
        return await workshop.tasks() == {}

    async with workshop.working():
        await until(all_run)
        await workshop.forget(tasks[workshop.begun[1]])
        workshop.let_go(*workshop.begun)
        await until(all_gone)
        later = await workshop.submit(1)
        await until(lambda: _in(workshop, *later))


async def _in(workshop: Workshop, image: UUID) -> bool:
    return image in workshop.begun
