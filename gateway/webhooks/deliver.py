"""Sends what the outbox holds. Any number of processes may run it: a claim is a lease, so what a killed one was
sending is sent by another (at least once, always under the same id)."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from gateway.db import Database
from gateway.records import deliveries, webhooks
from gateway.records.deliveries import Outcome, Row
from services.kit import logs, metrics, tracing

from . import payload, signature
from .errors import WebhookSecretUnreadable
from .schedule import Schedule
from .send import GONE, Answer, post
from .settings import WebhookSettings
from .target import open_pool
from .vault import Vault

log = logs.get(__name__)

# A lease outlives the attempt by this, for the outcome to be written.
MARGIN_SECONDS = 10.0
TIDY_SECONDS = 5.0
SWEEP_SECONDS = 600.0
SWEPT_AT_ONCE = 5_000


class Deliverer:
    """`run_forever()` until cancelled; `attempt()` sends one message now; `close()` at the end."""

    def __init__(self, database: Database, vault: Vault, settings: WebhookSettings) -> None:
        self._database = database
        self._pool = open_pool(settings)
        self._vault = vault
        self._settings = settings
        self._schedule = Schedule(settings.pauses_seconds, settings.jitter)
        self._sending: dict[asyncio.Task[None], Row] = {}
        self._freed = asyncio.Event()

    async def run_forever(self) -> None:
        """Comes back by itself when the database was away. What is on its way when it ends is given back."""
        tidied = swept = -math.inf
        try:
            while True:
                taken = 0
                try:
                    taken = await self._take()
                    if time.monotonic() - tidied > TIDY_SECONDS:
                        tidied = time.monotonic()
                        await self._measure()
                    if time.monotonic() - swept > SWEEP_SECONDS:
                        swept = time.monotonic()
                        await self._sweep()
                except Exception as cause:  # the database is away; the next round may find it
                    log.warning("webhooks_paused", cause=repr(cause))
                if not taken:
                    await self._wait()
        finally:
            await self._stop()

    async def close(self) -> None:
        await self._pool.aclose()

    async def attempt(self, row: Row) -> Answer:
        """Sends a message, signed with every valid secret of its endpoint. `row` is one of the outbox with the
        endpoint's url and secrets. Raises WebhookSecretUnreadable."""
        now = int(time.time())
        secrets = [self._vault.open(stored, row["endpoint_id"]) for stored in valid(row["secrets"], now)]
        body = payload.body(row["event"], row["happened_at"], row["snapshot"])
        headers = signature.headers(secrets, row["message_id"], now, body)
        return await post(self._pool, row["url"], headers, body, self._settings.timeout_seconds)

    async def _take(self) -> int:
        free = self._settings.concurrency - len(self._sending)
        if free <= 0:
            return 0
        self._freed.clear()
        busy = Counter(row["endpoint_id"] for row in self._sending.values())
        lease = self._settings.timeout_seconds + MARGIN_SECONDS
        async with self._database.transaction() as connection:
            rows = await deliveries.claim(connection, free, self._settings.endpoint_concurrency, busy, lease)
        for row in rows:
            task = asyncio.create_task(self._deliver(row), name="webhook")
            self._sending[task] = row
            task.add_done_callback(self._done)
        return len(rows)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._freed.set()
        if not task.cancelled() and (cause := task.exception()) is not None:
            # The outcome could not be written: the lease ends, and the message is sent again.
            log.warning("webhook_not_recorded", cause=repr(cause))

    async def _wait(self) -> None:
        """Until something was sent, so that there is room, or it is time to look again."""
        try:
            async with asyncio.timeout(self._settings.poll_seconds):
                await self._freed.wait()
        except TimeoutError:
            pass

    async def _deliver(self, row: Row) -> None:
        try:
            with tracing.span("webhook", "client", parent=_trace(row), event=row["event"]) as mark:
                answer = await self.attempt(row)
                mark.note(status=answer.status)
        except WebhookSecretUnreadable as error:
            answer = Answer(0, error.message, 0)
        outcome = self._judge(answer, row["attempts"] + 1)
        disabled = ""
        async with self._database.transaction() as connection:
            if not await deliveries.finish(connection, row["delivery_id"], row["claim"], outcome):
                return
            if answer.status == GONE:
                disabled = "GONE"
            elif outcome.state == deliveries.GIVEN_UP and await deliveries.silent_since_first_tried(
                connection, row["delivery_id"]
            ):
                disabled = "FAILING"
            if disabled and not await webhooks.disable(connection, row["endpoint_id"], disabled):
                disabled = ""
        metrics.WEBHOOK_ATTEMPTS.labels(outcome.state).inc()
        metrics.WEBHOOK_SECONDS.observe(answer.milliseconds / 1000)
        words = {"endpoint": str(row["endpoint_id"]), "shop": row["shop"], "message": row["message_id"]}
        if not answer.good:
            log.info("webhook_not_taken", **words, problem=answer.problem, attempts=row["attempts"] + 1)
        if disabled:
            log.warning("webhook_endpoint_disabled", **words, reason=disabled)

    def _judge(self, answer: Answer, attempts: int) -> Outcome:
        if answer.good:
            return Outcome(deliveries.DELIVERED, answer.status, "", answer.milliseconds)
        pause = None if answer.status == GONE else self._schedule.after(attempts, answer.retry_after)
        state = deliveries.GIVEN_UP if pause is None else deliveries.FAILED
        return Outcome(state, answer.status, answer.problem, answer.milliseconds, pause)

    async def _measure(self) -> None:
        async with self._database.transaction() as connection:
            waiting, age = await deliveries.backlog(connection)
        metrics.WEBHOOK_BACKLOG.set(waiting)
        metrics.WEBHOOK_OLDEST_SECONDS.set(age)

    async def _sweep(self) -> None:
        while True:
            async with self._database.transaction() as connection:
                swept = await deliveries.sweep(connection, self._settings.keep_days, SWEPT_AT_ONCE)
            if swept < SWEPT_AT_ONCE:
                return

    async def _stop(self) -> None:
        rows = list(self._sending.values())
        tasks = list(self._sending)
        for task in tasks:
            task.cancel()
        if rows:
            await asyncio.gather(*tasks, return_exceptions=True)
            async with self._database.transaction() as connection:
                await deliveries.give_back(connection, [(row["delivery_id"], row["claim"]) for row in rows])


def _trace(row: Row) -> tracing.SpanId | None:
    """A message about an image belongs to the image's trace."""
    image = row["snapshot"].get("image")
    return tracing.image(UUID(image["image_id"])) if image else None


def valid(secrets: Sequence[Mapping[str, Any]], now: float) -> list[str]:
    """The stored forms of the secrets that sign now, newest first."""
    return [each["stored"] for each in secrets if each["until"] is None or each["until"] > now]
