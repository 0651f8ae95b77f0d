"""A task that was taken over belongs to its new worker: the old one, late, neither ends it nor gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from gateway.db import Database
from gateway.engine import Again, Engine, WorkerPace
from gateway.errors import DatabaseUnavailable
from gateway.ids import uuid7
from services.kit.errors import ServiceUnavailable
from tests.parts.house import House
from tests.parts.working import at_work

SLOW = WorkerPace(heartbeat=60)


class Worker:
    """An engine whose runs wait until they are told how to end, one after the other."""

    def __init__(self, database: Database, pace: WorkerPace) -> None:
        self.database = database
        self.engine = Engine(database, pace)
        self.begun: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def handle(self, _image: UUID, _task: object) -> None:
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begun.put_nowait(end)
        await end

    async def begins(self) -> asyncio.Future[None]:
        return await asyncio.wait_for(self.begun.get(), 30)

    def working(self) -> AbstractAsyncContextManager[None]:
        return at_work(self.engine, self.handle, 1)

    async def tasks(self) -> list[str]:
        async with self.database.transaction() as connection:
            cursor = await connection.execute("SELECT status FROM procrastinate_jobs ORDER BY id")
            return [row["status"] for row in await cursor.fetchall()]

    async def all_seem_dead(self) -> None:
        async with self.database.transaction() as connection:
            await connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


@pytest.fixture
async def workers(database_url: str) -> AsyncIterator[tuple[Worker, Worker]]:
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            database = Database(database_url, 4)
            await database.open()
            stack.push_async_callback(database.close)
            worker = Worker(database, SLOW)
            await worker.engine.open()
            made.append(worker)
        yield made[0], made[1]


async def submit(worker: Worker) -> None:
    async with worker.database.transaction() as connection:
        await worker.engine.defer(connection, "shop", [uuid7()])


@pytest.mark.parametrize("late", [None, Again(0), RuntimeError("in mid-task")], ids=["end", "again", "error"])
async def test_the_late_word_of_a_worker_does_not_touch_the_task_of_the_next(
    workers: tuple[Worker, Worker], late: Exception | None
) -> None:
    slow, next_one = workers
    await submit(slow)
    async with AsyncExitStack() as stack:
        async with slow.working():
            first = await slow.begins()
            await slow.all_seem_dead()
            assert await next_one.engine.rescue() == 1
            await stack.enter_async_context(next_one.working())
            second = await next_one.begins()
            # Late, and not wanted any more: what it says, and what it says when it stops.
            first.set_exception(late) if late else first.set_result(None)
        assert await next_one.tasks() == ["doing"]
        second.set_exception(Again(0))
        third = await next_one.begins()
        assert await next_one.tasks() == ["doing"]
        third.set_result(None)
    assert await next_one.tasks() == []


async def test_a_rescue_that_comes_late_does_not_take_the_task_from_the_next(workers: tuple[Worker, Worker]) -> None:
    slow, next_one = workers
    await submit(slow)
    async with slow.working():
        first = await slow.begins()
        await slow.all_seem_dead()
        stalled = list(await slow.engine._manager.get_stalled_jobs(seconds_since_heartbeat=SLOW.stalled))
        assert await next_one.engine.rescue() == 1
        async with next_one.working():
            second = await next_one.begins()
            # Another rescuer had looked at the same moment.
            assert await slow.engine._manager.release(stalled) == 0
            assert await next_one.tasks() == ["doing"]
            second.set_result(None)
        assert await next_one.tasks() == []
        first.set_result(None)


async def test_what_could_not_be_said_about_a_task_is_made_up_for(
    workers: tuple[Worker, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away in the moment in which a run ended, and its worker lives on."""
    worker, _ = workers
    await submit(worker)
    connector = worker.engine._manager.connector
    ask = connector.execute_query_all_async
    broken = {"release_task", "end_task"}

    async def breaking_once(query: str, **arguments: Any) -> list[dict[str, Any]]:
        for word in broken:
            if word in query:
                broken.remove(word)
                raise DatabaseUnavailable(cause="test")
        return await ask(query, **arguments)

    monkeypatch.setattr(connector, "execute_query_all_async", breaking_once)
    async with worker.working():
        (await worker.begins()).set_exception(Again(0))
        (await worker.begins()).set_result(None)
        (await worker.begins()).set_result(None)
    assert broken == set()
    assert await worker.tasks() == []


async def test_an_image_taken_over_from_a_slow_worker_goes_on_after_a_transient_error(
    make_house: Callable[..., Any],
) -> None:
    """As a storm had it: two runs, the second to be tried again, the first one's end between them."""
    slow: House = await make_house(heartbeat_seconds=60, workers=1)
    behaviour = slow.behaviour
    first_may_end = behaviour.hold["segment"] = asyncio.Event()
    job = await slow.job(1)
    await behaviour.begun["segment"].wait()
    await slow.rows(
        "WITH late AS (UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' RETURNING id)"
        " SELECT count(*) FROM late"
    )
    second_may_end = behaviour.hold["segment"] = asyncio.Event()
    next_one: House = await make_house(role="work")
    async with asyncio.timeout(30):
        while behaviour.calls["segment"] < 2:  # noqa: ASYNC110 - the service is what we wait for
            await asyncio.sleep(0.02)
    first_may_end.set()
    await slow.gateway.stop()
    # grpc itself tries UNAVAILABLE up to four times within one call
    behaviour.fail["segment"] = [ServiceUnavailable(service="segment", cause="starting") for _ in range(4)]
    second_may_end.set()

    async def ended() -> list[tuple[Any, ...]]:
        return await next_one.rows("SELECT state, run FROM images WHERE job_id = %s", job.job_id)

    async with asyncio.timeout(30):
        while await ended() != [("approved", 3)]:  # noqa: ASYNC110 - the database is what we wait for
            await asyncio.sleep(0.05)
    kinds = await next_one.rows("SELECT kind FROM events WHERE image_id IS NOT NULL ORDER BY event_id")
    assert [kind for (kind,) in kinds] == ["received", "run", "run", "retry", "run", "finished"]
    assert await next_one.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
