"""How Procrastinate speaks with our database: statements of one round trip, tasks claimed and ended together."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate import exceptions, jobs, utils
from procrastinate.manager import JobManager

from gateway.db import Database
from gateway.gathering import Gathered
from services.kit import logs
from services.kit.errors import SelvageError

log = logs.get(__name__)


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
            rows = await self.connector.execute_query_all_async(
                "SELECT * FROM claim_tasks(%(worker)s, %(most)s)",
                worker=worker_id,
                most=max(self.places - len(self._running), 1),
            )
            self._claimed.extend(_Job.from_row(row) for row in rows)
        if not self._claimed:
            return None
        job = self._claimed.popleft()
        self._running.add(job.id)
        return job

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        await self._say(job, self._end((job, status, delete_job)))

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: datetime | None = None,
        priority: int | None = None,  # noqa: ARG002 - a retry keeps its place
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
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
