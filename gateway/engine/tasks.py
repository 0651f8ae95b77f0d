"""How Procrastinate speaks with our database: statements of one round trip, tasks claimed and ended together.

Who works on tasks may begin its own work in the statement that claims them, and end them in that of its own end: then
neither stands without the other, and an image costs two statements less.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import procrastinate
import psycopg
from procrastinate import exceptions, jobs, utils
from procrastinate.manager import JobManager

from gateway.db import Database
from gateway.gathering import Gathered
from services.kit import logs
from services.kit.errors import SelvageError

log = logs.get(__name__)

CLAIMED = "SELECT * FROM claim_tasks(%(worker)s, %(most)s)"
"""The tasks, rows of Procrastinate's table; `args` names the image. It sees more than the statement it stands in, which
may be older than a task: what that misses is to be asked for again."""
GONE = "drop_task(task_id)"
"""Ends a task as done whose image has ended in the same statement; whether it did. Whoever holds the task by now has no
use for it: it does not begin what has ended. A task that somebody is just claiming or giving back is left to them, who
may wait for the image."""
HELD = "t.attempts = given.claim AND t.status = 'doing'"
"""Whether the claim `given.claim` of the task `t` stands."""


class Claim(NamedTuple):
    """A task as it was claimed: whatever brings it back to the queue counts up what will be the next claim's number."""

    task: int
    number: int

    @classmethod
    def of(cls, job: jobs.Job) -> Claim:
        assert job.id is not None
        return cls(job.id, job.attempts)


class Claims(Protocol):
    """Claims tasks on behalf of who works on them."""

    async def claim(self, worker: int, most: int) -> Sequence[dict[str, Any]]:
        """Tasks for so many places, rows of CLAIMED."""
        ...

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """These go back to the queue without having been worked on."""
        ...

    def gone(self, claim: Claim) -> bool:
        """Whether the task's end is in the database already. Asked once it has been worked on."""
        ...


class Connector(procrastinate.PsycopgConnector):
    """Procrastinate's own statements, each a transaction of its own: one round trip instead of three."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        await self._execute(query, arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        rows = await self._execute(query, arguments)
        if not rows:
            raise exceptions.NoResult
        return rows[0]

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        return await self._execute(query, arguments)

    async def _execute(self, query: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            async with self._database.statement() as connection:
                cursor = await connection.execute(query.encode(), arguments)
                return await cursor.fetchall() if cursor.description else []
        except psycopg.Error as cause:
            raise exceptions.ConnectorException from cause


class _Plain:
    """Claims of nobody who has more to do with them."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def claim(self, worker: int, most: int) -> Sequence[dict[str, Any]]:
        return await self._connector.execute_query_all_async(CLAIMED, worker=worker, most=most)

    async def give_back(self, claims: Sequence[Claim]) -> None:
        pass

    def gone(self, claim: Claim) -> bool:  # noqa: ARG002
        return False


class _Job(jobs.Job):
    def log_context(self) -> dict[str, Any]:
        """Little: it is made four times a task, and nobody listens."""
        return {"id": self.id}


class Manager(JobManager):
    """Claims for all free places of its worker at once, by turns instead of by priority and age; ends together.

    What it says of a task counts only while the task is held as it was claimed (migration 0015_leases): a worker that
    was taken for dead does not touch the task of the worker that has taken it over.
    """

    def __init__(self, connector: Connector, places: int = 1) -> None:
        super().__init__(connector)
        self.places = places
        self.claims: Claims = _Plain(connector)
        self._claimed: deque[jobs.Job] = deque()
        self._running: set[int | None] = set()
        self._end = Gathered(self._end_all)
        # Run, and what became of that could not be said. While this worker lives nobody else would rescue them.
        self._owed: list[jobs.Job] = []

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:  # noqa: ARG002
        if self._owed:
            owed = list(self._owed)
            await self.release(owed)
            del self._owed[: len(owed)]
        if not self._claimed:
            rows = await self.claims.claim(worker_id, max(self.places - len(self._running), 1))
            self._claimed.extend(_Job.from_row(row) for row in rows)
        if not self._claimed:
            return None
        job = self._claimed.popleft()
        self._running.add(job.id)
        return job

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        if self.claims.gone(Claim.of(job)):
            self._running.discard(job.id)
        else:
            await self._say(job, self._end((job, status, delete_job)))

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: datetime | None = None,
        priority: int | None = None,  # noqa: ARG002 - a retry keeps its place
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
        if self.claims.gone(Claim.of(job)):
            self._running.discard(job.id)
        else:
            await self._say(job, self.release([job], retry_at))

    async def release(self, tasks: Sequence[jobs.Job], start_at: datetime | None = None) -> int:
        """Gives tasks back to the queue, those that are still held as they were claimed; how many."""
        rows = await self.connector.execute_query_all_async(
            "SELECT count(*) FILTER (WHERE release_task(id, claim, %(start_at)s)) AS released FROM"
            " (SELECT * FROM unnest(%(ids)s::bigint[], %(claims)s::integer[]) AS t (id, claim) ORDER BY id) AS held",
            ids=[task.id for task in tasks],
            claims=[task.attempts for task in tasks],
            start_at=start_at or utils.utcnow(),
        )
        return int(rows[0]["released"])

    async def leave(self) -> None:
        """Gives back what its worker, which has ended, claimed and did not begin. The rest will be rescued."""
        left = [*self._claimed, *self._owed]
        self._claimed.clear()
        self._owed.clear()
        self._running.clear()
        if left:
            with suppress(SelvageError, exceptions.ConnectorException):
                await self.claims.give_back([Claim.of(job) for job in left])
                await self.release(left)

    async def _say(self, job: jobs.Job, said: Awaitable[object]) -> None:
        try:
            await said
        except Exception as cause:  # whatever it was: a task nobody speaks of again would never run again
            log.warning("task_owed", task=job.id, cause=repr(cause))
            self._owed.append(job)
        finally:
            self._running.discard(job.id)

    async def _end_all(self, ended: Sequence[tuple[jobs.Job, jobs.Status, bool]]) -> list[None]:
        await self.connector.execute_query_all_async(
            "SELECT end_task(id, claim, state::procrastinate_job_status, gone) FROM (SELECT * FROM"
            " unnest(%(ids)s::bigint[], %(claims)s::integer[], %(states)s::text[], %(gone)s::boolean[])"
            " AS t (id, claim, state, gone) ORDER BY id) AS ended",
            ids=[job.id for job, _, _ in ended],
            claims=[job.attempts for job, _, _ in ended],
            states=[status.value for _, status, _ in ended],
            gone=[gone for _, _, gone in ended],
        )
        return [None] * len(ended)
