"""What many images want of the database at the same moment, in one statement.

While as many statements as may be are under way, further items wait and go together with the next: nobody waits when
there is little to do, and much to do costs few round trips.
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
    """Call it with an item; `work` gets several and answers each in its place, up to `flights` times at once. An item
    that `work` cannot bear fails alone."""

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], flights: int = 1) -> None:
        self._work = work
        self._most = flights
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        # Kept, for a task that nobody keeps may be collected.
        self._flights: set[asyncio.Task[None] | None] = set()

    async def __call__(self, item: Item) -> Answer:
        return await self.put(item)

    def put(self, item: Item) -> asyncio.Future[Answer]:
        """The answer to come. The item is on its way before anything that begins after this call."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._flights) < self._most:
            self._flights.add(asyncio.create_task(self._fly(), name="gathered"))
        return future

    async def _fly(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._fly_with(batch)
        finally:  # in the step that has found nobody waiting: who comes next must not count on this flight
            self._flights.discard(asyncio.current_task())

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
