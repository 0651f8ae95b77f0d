"""Items of the same moment go together; a bad one fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.errors import DatabaseUnavailable
from gateway.gathering import Gathered


class Work:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gone = False
        self.go = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await self.go.wait()
        if self.gone:
            raise DatabaseUnavailable(cause="test")
        if 0 in items:
            raise ZeroDivisionError
        return [100 // item for item in items]


async def test_what_comes_while_a_statement_is_under_way_goes_with_the_next() -> None:
    work = Work()
    ask = Gathered(work)
    first = asyncio.create_task(ask(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(ask(item)) for item in (2, 4, 5)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(first, *rest) == [100, 50, 25, 20]
    assert work.batches == [[1], [2, 4, 5]]


async def test_a_bad_item_fails_alone() -> None:
    work = Work()
    work.go.set()
    ask = Gathered(work)
    answers = await asyncio.gather(*(ask(item) for item in (5, 0, 2)), return_exceptions=True)
    assert (answers[0], type(answers[1]), answers[2]) == (20, ZeroDivisionError, 50)
    assert work.batches == [[5, 0, 2], [5], [0], [2]]


async def test_a_lost_database_is_told_to_all_and_not_tried_for_each() -> None:
    work = Work()
    work.gone = True
    work.go.set()
    ask = Gathered(work)
    answers = await asyncio.gather(*(ask(item) for item in (5, 1)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [DatabaseUnavailable] * 2
    work.gone = False
    assert await ask(5) == 20


async def test_who_gives_up_does_not_disturb_the_others() -> None:
    work = Work()
    ask = Gathered(work)
    impatient, patient = (asyncio.create_task(ask(item)) for item in (1, 2))
    await asyncio.sleep(0.01)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    work.go.set()
    assert await patient == 50
