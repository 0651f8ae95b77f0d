"""How Procrastinate speaks with our database: statements of one round trip, tasks claimed and ended together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate import exceptions, jobs
from procrastinate.manager import JobManager

from gateway.db import Database
from gateway.gathering import Gathered
from services.kit.errors import SelvageError


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
    """Claims for all free places of its worker at once, by turns instead of by priority and age; ends together."""

    def __init__(self, connector: Connector, places: int = 1) -> None:
        super().__init__(connector)
        self.places = places
        self._claimed: deque[jobs.Job] = deque()
        self._running: set[int | None] = set()
        self._end = Gathered(self._end_all)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:  # noqa: ARG002
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
        try:
            await self._end((job.id, status.value, delete_job))
        finally:
            self._running.discard(job.id)

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        finally:
            self._running.discard(job.id)

    async def leave(self) -> None:
        """Gives back what its worker, which has ended, claimed and did not begin. The rest will be rescued."""
        claimed = list(self._claimed)
        self._claimed.clear()
        self._running.clear()
        with suppress(SelvageError, exceptions.ConnectorException):
            for job in claimed:
                await self.retry_job(job)

    async def _end_all(self, ended: Sequence[tuple[int | None, str, bool]]) -> list[None]:
        ids, states, deleted = zip(*ended, strict=True)
        await self.connector.execute_query_async(
            "SELECT procrastinate_finish_job_v1(id, state::procrastinate_job_status, gone) FROM"
            " unnest(%(ids)s::bigint[], %(states)s::text[], %(gone)s::boolean[]) AS ended (id, state, gone)",
            ids=list(ids),
            states=list(states),
            gone=list(deleted),
        )
        return [None] * len(ended)
