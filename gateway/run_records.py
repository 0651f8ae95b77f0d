"""The records of runs for a process that has many images in progress: one statement for those that come together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from .db import Connection, Database
from .engine import Claim
from .gathering import Gathered
from .records import images, runs
from .records.runs import Begun, Ended, Finished

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class RunRecords:
    """Functions of records/runs.py, each for one image, and claims for the engine: a run begins with the claim of its
    task, and the task ends with the run."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: dict[Claim, Begun] = {}
        self._ended: set[int] = set()
        self._begin = _gathered(database, runs.begin)
        self.step = _gathered(database, runs.step)
        self.finish = _gathered(database, self._finish)

    async def claim(self, worker: int | None, most: int) -> Sequence[dict[str, Any]]:
        async with self._database.statement() as connection:
            tasks, begun = await runs.claim(connection, worker, most)
        self._begun |= begun
        return tasks

    async def begin(self, image_id: UUID, claim: Claim) -> Begun | None:
        """The run that began with the claim. None when there is nothing to do."""
        return self._begun.pop(claim, None) or await self._begin((image_id, claim))

    async def give_back(self, claims: Sequence[Claim]) -> None:
        begun = [self._begun.pop(claim) for claim in claims if claim in self._begun]
        for each in begun:
            async with self._database.transaction() as connection:
                await images.note_stopped(connection, each.row["image_id"], each.row["run"])

    def gone(self, claim: Claim) -> bool:
        if claim.task not in self._ended:
            return False
        self._ended.remove(claim.task)
        return True

    async def _finish(self, connection: Connection, given: Sequence[Finished]) -> list[Ended | None]:
        ended = await runs.finish(connection, given)
        # Here, for who waits may have been cancelled.
        self._ended.update(each.task for each in ended if each is not None and each.gone)
        return ended


def _gathered(
    database: Database, work: Callable[[Connection, Sequence[Item]], Awaitable[list[Answer]]]
) -> Gathered[Item, Answer]:
    async def of_their_own(items: Sequence[Item]) -> Sequence[Answer]:
        async with database.statement() as connection:
            return await work(connection, items)

    return Gathered(of_their_own)
