"""The records of runs for a process that has many images in progress: one statement for those that come together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from .db import Connection, Database
from .gathering import Gathered
from .records import runs

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class RunRecords:
    """Functions of records/runs.py, each for one image."""

    def __init__(self, database: Database) -> None:
        self.begin = _gathered(database, runs.begin)
        self.step = _gathered(database, runs.step)
        self.finish = _gathered(database, runs.finish)


def _gathered(
    database: Database, work: Callable[[Connection, Sequence[Item]], Awaitable[list[Answer]]]
) -> Gathered[Item, Answer]:
    async def of_their_own(items: Sequence[Item]) -> Sequence[Answer]:
        async with database.statement() as connection:
            return await work(connection, items)

    return Gathered(of_their_own)
