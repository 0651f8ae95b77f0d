"""Durable tasks, one an image, carrying nothing but ids.

A task is deferred in the transaction that writes the image, so there is never one without the other. A worker proves
that it lives by heartbeats; every worker looks for tasks of dead ones and gives them back to the queue. A worker that
was only slow may then still run: the `run` number of the image (records/images.py) refuses its writes, and what it says
of the task counts no more (tasks.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate import exceptions, jobs
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.schema import SchemaManager

from gateway import background
from gateway.db import Connection, Database, only_one
from services.kit import logs, metrics

from . import turns
from .tasks import Claim, Claims, Connector, Manager
from .turns import QUEUES

log = logs.get(__name__)

TASK = "selvage:image"
# Any number, the same in every process: one at a time gives tasks back.
RESCUE_LOCK = 0x5E17A6F
# After an error nobody foresaw (the database away in mid-task): 1, 2, 4 ... seconds, at most this.
LONGEST_PAUSE = 30
RESTART_SECONDS = 0.5

# Of an image, on behalf of its task as it was claimed.
Handler = Callable[[UUID, Claim], Awaitable[None]]


class Again(Exception):
    """Raised by a handler: run this task again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.1f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class WorkerPace:
    """Seconds. A dead worker's tasks start again at most `stalled + rescue + poll` after its last heartbeat."""

    heartbeat: float = 2.0
    stalled: float = 6.0
    rescue: float = 1.0
    poll: float = 1.0
    # How long running tasks may go on when the worker is asked to stop; then they are given back.
    grace: float = 5.0


@dataclass(frozen=True)
class QueueDepth:
    """Tasks of a queue that wait now, and how long the oldest of them has been due, in seconds."""

    waiting: int
    oldest_seconds: float


class _Retry(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> RetryDecision:
        if isinstance(exception, Again):
            return RetryDecision(retry_in={"milliseconds": round(exception.seconds * 1000)})
        if isinstance(exception, asyncio.CancelledError | exceptions.JobAborted):
            return RetryDecision(retry_in={"seconds": 0})
        return RetryDecision(retry_in={"seconds": min(2**job.attempts, LONGEST_PAUSE)})


def pending(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(name, SQL) that bring an empty database, or one an older Procrastinate made, to the schema of this version.

    The schema file holds what all migration files do together: where it is applied now, they have nothing to do.
    """
    first = "procrastinate" not in known
    if first:
        yield "procrastinate", SchemaManager.get_schema()
    for file in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        name = f"procrastinate/{file.stem}"
        if name not in known:
            yield name, "" if first else file.read_text(encoding="utf-8")


class Engine:
    """Defers tasks and runs them. `open()` first, on the event loop of the database."""

    def __init__(self, database: Database, pace: WorkerPace = WorkerPace()) -> None:
        self._database = database
        self._pace = pace
        connector = Connector(database)
        self._app = procrastinate.App(connector=connector)
        self._handler: Handler | None = None
        self._app.job_manager = self._manager = Manager(connector)
        self._app.task(name=TASK, retry=_Retry(), pass_context=True)(self._run_task)
        # It reports each task at INFO and each retry with a traceback; our own log has the image and the stage.
        logging.getLogger("procrastinate").setLevel(logging.WARNING)

    async def open(self) -> None:
        await self._app.open_async(self._database.pool)

    async def defer(
        self, connection: Connection, shop: str, images: Sequence[UUID], priority: str = "normal"
    ) -> dict[UUID, int]:
        """Queues one task for each image of the shop, served in this order, within the transaction of `connection`;
        the task of each. `priority` is rush, normal or bulk."""
        return await turns.add(connection, TASK, QUEUES[priority], shop, images)

    async def take_back(self, connection: Connection, tasks: Iterable[int]) -> None:
        """Removes tasks that have not started, within the transaction of `connection`."""
        await turns.remove(connection, list(tasks))

    async def claimed(self, connection: Connection) -> int:
        """Tasks claimed since the database was made, and looks into an empty queue: two readings tell the drain."""
        cursor = await connection.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS claims FROM claims")
        row = await cursor.fetchone()
        assert row is not None
        return int(row["claims"])

    async def depth(self, connection: Connection) -> dict[str, QueueDepth]:
        """By queue."""
        cursor = await connection.execute(
            "SELECT j.queue_name, count(*) AS waiting, coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at,"
            " e.at)) FILTER (WHERE j.scheduled_at IS NULL OR j.scheduled_at <= now())), 0) AS oldest"
            " FROM procrastinate_jobs j"
            " LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
            " WHERE j.status = 'todo' GROUP BY j.queue_name"
        )
        found = {row["queue_name"]: row for row in await cursor.fetchall()}
        return {
            queue: QueueDepth(found[queue]["waiting"], float(found[queue]["oldest"]))
            if queue in found
            else QueueDepth(0, 0.0)
            for queue in QUEUES.values()
        }

    async def work(self, handler: Handler, concurrency: int, claims: Claims | None = None) -> None:
        """Runs tasks until cancelled. Comes back by itself when the database went away. `claims`: another way to claim
        and end them."""
        self._handler = handler
        if claims is not None:
            self._manager.claims = claims
        self._manager.places = concurrency
        while True:
            try:
                await self._app.run_worker_async(
                    queues=list(QUEUES.values()),
                    concurrency=concurrency,
                    fetch_job_polling_interval=self._pace.poll,
                    update_heartbeat_interval=self._pace.heartbeat,
                    stalled_worker_timeout=self._pace.stalled,
                    shutdown_graceful_timeout=self._pace.grace,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                )
            except Exception as cause:  # whatever ended the worker, the next one goes on
                log.warning("worker_ended", cause=repr(cause), again_in=RESTART_SECONDS)
            finally:
                await self._manager.leave()
            await asyncio.sleep(RESTART_SECONDS)

    async def rescue(self) -> int:
        """Gives the tasks of dead workers back to the queue; how many."""
        async with self._database.transaction() as connection:
            if not await only_one(connection, RESCUE_LOCK):
                return 0
            stalled = await self._manager.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=self._pace.stalled)
            given_back = await self._manager.release(list(stalled)) if stalled else 0
        if given_back:
            metrics.TASKS_TAKEN_OVER.inc(given_back)
            log.warning("tasks_taken_over", tasks=given_back)
        return given_back

    async def rescue_forever(self) -> None:
        """Every worker process runs this beside `work`, until cancelled."""
        await background.forever(self.rescue, self._pace.rescue, "rescue_failed")

    async def _run_task(self, context: procrastinate.JobContext, /, image_id: str, **_others: Any) -> None:
        """`_others`: the shop, and what a newer version may have deferred."""
        assert self._handler is not None
        await self._handler(UUID(image_id), Claim.of(context.job))
