"""Admission of CPU work: bounded by megapixels, in order, never after the deadline, never leaking."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator

import pytest

from services.kit import errors, rpc
from services.kit.rpc import context
from services.kit.rpc.cpu import CpuPool


class Work:
    """Pieces of work that end when told, and the names of those that have begun."""

    def __init__(self, pool: CpuPool) -> None:
        self.pool = pool
        self.begun: list[str] = []
        self.ends: dict[str, threading.Event] = {}

    def start(self, name: str, megapixels: float) -> asyncio.Task[str]:
        self.ends[name] = threading.Event()
        return asyncio.create_task(self.pool.run(megapixels, self._do, name))

    def _do(self, name: str) -> str:
        self.begun.append(name)
        assert self.ends[name].wait(60)
        return name

    async def settle(self) -> list[str]:
        """What has begun once nothing more moves."""
        for _ in range(5):
            await asyncio.sleep(0.01)
        return sorted(self.begun)


@pytest.fixture
def work() -> Iterator[Work]:
    pool = CpuPool(rpc.CpuSettings(threads=8, megapixels=60, waiting=3))
    made = Work(pool)
    yield made
    for end in made.ends.values():
        end.set()
    pool.close()


async def test_two_large_photos_run_and_the_others_wait_in_order(work: Work) -> None:
    tasks = {name: work.start(name, 24) for name in "abcde"}
    assert await work.settle() == ["a", "b"]
    work.ends["b"].set()
    assert await tasks["b"] == "b"
    assert await work.settle() == ["a", "b", "c"]
    for end in work.ends.values():
        end.set()
    assert await asyncio.gather(*tasks.values()) == list("abcde")


async def test_a_small_one_does_not_overtake_a_large_one(work: Work) -> None:
    work.start("a", 50)
    large = work.start("large", 50)
    small = work.start("small", 1)
    assert await work.settle() == ["a"]
    work.ends["a"].set()
    assert await work.settle() == ["a", "large", "small"]
    work.ends["large"].set()
    work.ends["small"].set()
    assert [await large, await small] == ["large", "small"]


async def test_a_picture_above_the_capacity_runs_alone(work: Work) -> None:
    work.start("huge", 500)
    work.start("next", 1)
    assert await work.settle() == ["huge"]
    work.ends["huge"].set()
    assert await work.settle() == ["huge", "next"]


async def test_too_much_waiting_is_refused(work: Work) -> None:
    for name in "abcd":
        work.start(name, 60)
    await work.settle()
    with pytest.raises(errors.Overloaded):
        await work.start("e", 60)


async def test_a_cancelled_wait_leaves_the_queue(work: Work) -> None:
    work.start("a", 60)
    waiting, last = work.start("b", 60), work.start("c", 60)
    await work.settle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    work.ends["a"].set()
    work.ends["c"].set()
    assert await last == "c"
    assert work.begun == ["a", "c"]


async def test_a_cancelled_run_holds_its_weight_until_its_thread_ends(work: Work) -> None:
    running = work.start("a", 60)
    work.start("b", 60)
    assert await work.settle() == ["a"]
    running.cancel()
    assert await work.settle() == ["a"]  # the thread still holds its arrays
    work.ends["a"].set()
    assert await work.settle() == ["a", "b"]


async def test_nothing_begins_after_the_deadline(work: Work) -> None:
    work.start("a", 60)

    def late(seconds: float) -> asyncio.Task[str]:
        context.set_remaining(seconds)
        return work.start("late", 60)

    with pytest.raises(errors.DeadlineTooShort):
        await contextvars.copy_context().run(late, 0.05)  # passes while it waits
    work.ends["a"].set()
    await work.settle()
    with pytest.raises(errors.DeadlineTooShort):
        await contextvars.copy_context().run(late, -1)  # had passed before
    work.ends["z"] = threading.Event()
    work.ends["z"].set()
    assert await work.pool.run(60, work._do, "z") == "z"  # neither kept its place
    assert work.begun == ["a", "z"]


async def test_errors_come_back_and_free_the_place(work: Work) -> None:
    def broken() -> None:
        raise errors.TruncatedFile(cause="cut")

    for _ in range(3):
        with pytest.raises(errors.TruncatedFile):
            await work.pool.run(60, broken)


async def test_the_thread_sees_the_request_id() -> None:
    context.request_id.set("id-9")
    assert await rpc.run_cpu(context.request_id.get) == "id-9"
    assert await rpc.run_picture(24, sum, [1, 2]) == 3


async def test_work_ends_at_the_next_checkpoint_when_its_caller_has_gone(work: Work) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended: list[str] = []

    def long() -> None:
        begun.set()
        assert go_on.wait(60)
        try:
            rpc.checkpoint()
            ended.append("went on")
        except errors.WorkAbandoned as error:
            ended.append(error.reason)
            raise

    task = asyncio.create_task(work.pool.run(1, long))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    while not ended:  # noqa: ASYNC110 - a thread nobody waits for any more
        await asyncio.sleep(0.005)
    assert ended == ["WORK_ABANDONED"]
    assert await work.pool.run(60, lambda: rpc.checkpoint() or "whole") == "whole", "its place is free again"


async def test_work_ends_at_a_checkpoint_after_its_deadline(work: Work) -> None:
    context.set_remaining(0.05)

    def long() -> None:
        while True:
            rpc.checkpoint()

    with pytest.raises(errors.DeadlineTooShort):
        await work.pool.run(1, long)
    context.set_remaining(None)
