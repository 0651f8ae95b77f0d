"""What many images want of the database at the same moment, in one statement.

While a statement is under way, further items wait for it and go together with the next: nobody waits when there is
little to do, and much to do costs few round trips.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from .errors import DatabaseUnavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")
MOST = 64


class Gathered(Generic[Item, Answer]):
    """Call it with an item; `work` gets several and answers each in its place. An item that `work` cannot bear fails
    alone."""

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._flight: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        return await self.put(item)

    def put(self, item: Item) -> asyncio.Future[Answer]:
        """The answer to come."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly(), name="gathered")
        return future

    async def _fly(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await self._fly_with(batch)
        self._flight = None

    async def _fly_with(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            await self._answer(batch)
        except DatabaseUnavailable as error:
            _fail(batch, error)
        except Exception as error:
            if len(batch) == 1:
                _fail(batch, error)
            for entry in batch if len(batch) > 1 else ():
                await self._alone(entry)

    async def _alone(self, entry: tuple[Item, asyncio.Future[Answer]]) -> None:
        try:
            await self._answer([entry])
        except Exception as error:  # told to the one who asked
            _fail([entry], error)

    async def _answer(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        answers = await self._work([item for item, _ in batch])
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():  # who asked may have been cancelled
                future.set_result(answer)


def _fail(batch: Sequence[tuple[Item, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
