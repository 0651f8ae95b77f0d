"""Who changed: one LISTEN connection a process tells all who watch a job.

PostgreSQL delivers a notification when the change is committed and in that order. When the connection is lost, words
may be: every watcher is then told to compare all it knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from services.kit import logs

from . import background
from .errors import Stopping
from .records.events import CHANNEL

log = logs.get(__name__)

# Changes so close together make one message.
GATHER_SECONDS = 0.05
RECONNECT_SECONDS = 0.5


@dataclass(eq=False)
class Subscription:
    """What has changed in one job since the last `next()`."""

    images: set[UUID] = field(default_factory=set)
    everything: bool = False
    closed: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, image: UUID | None) -> None:
        if image is None:
            self.everything = True
        else:
            self.images.add(image)
        self._changed.set()

    def close(self) -> None:
        self.closed = True
        self._changed.set()

    async def next(self) -> set[UUID] | None:
        """Waits for a change. Images that changed, or None for "compare them all". Raises Stopping."""
        await self._changed.wait()
        if self.closed:
            raise Stopping
        await asyncio.sleep(GATHER_SECONDS)
        self._changed.clear()
        changed = None if self.everything else self.images
        self.images, self.everything = set(), False
        return changed


class Changes:
    """`start()` on the event loop, `close()` at the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._watchers: dict[UUID, set[Subscription]] = {}
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._closed = False

    async def start(self) -> None:
        """Returns when it listens: nothing that changes from here on is missed."""
        self._task = asyncio.create_task(self._listen_forever(), name="changes")
        await self._listening.wait()

    async def close(self) -> None:
        """Who watches is told so, and who begins to watch from now on."""
        self._closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.close()
        if self._task is not None:
            await background.end(self._task)

    @contextmanager
    def subscribe(self, job_id: UUID) -> Iterator[Subscription]:
        subscription = Subscription()
        if self._closed:
            subscription.close()
        watchers = self._watchers.setdefault(job_id, set())
        watchers.add(subscription)
        try:
            yield subscription
        finally:
            watchers.discard(subscription)
            if not watchers:
                self._watchers.pop(job_id, None)

    async def _listen_forever(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._listening.set()
                    self._tell_all()
                    async for notification in connection.notifies():
                        self._tell(notification.payload)
            except psycopg.OperationalError as cause:
                log.warning("changes_lost", cause=str(cause).strip(), again_in=RECONNECT_SECONDS)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _tell(self, payload: str) -> None:
        job_id, _, image_id = payload.partition(" ")
        for watcher in self._watchers.get(UUID(job_id), ()):
            watcher.tell(UUID(image_id) if image_id else None)

    def _tell_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.tell(None)
