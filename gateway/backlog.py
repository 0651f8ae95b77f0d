"""How much waits, and whether more is taken on: the queue's limits, and when to come again."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from .db import Connection
from .engine import Engine
from .errors import QueueFull
from .settings import GatewaySettings

# Counting a long queue takes its time: between two counts a process adds up what it takes on itself.
COUNT_EVERY_SECONDS = 1.0
# The drain is measured over at least this long.
DRAIN_OVER_SECONDS = 10.0
SHORTEST, UNKNOWN, LONGEST = 1, 30, 600


@dataclass
class Backlog:
    """One a process. Several processes together may go over a limit by what they take on within a second."""

    engine: Engine
    settings: GatewaySettings
    _waiting: Counter[str] = field(default_factory=Counter)
    _counted_at: float = -math.inf
    # (when, tasks claimed until then), oldest first.
    _claims: list[tuple[float, int]] = field(default_factory=list)

    async def admit(self, connection: Connection, shop: str, images: int) -> None:
        """Raises QueueFull when these would be too many. A job always fits into an empty queue."""
        await self._count(connection, COUNT_EVERY_SECONDS)
        if self._over(shop, images) > 0:
            await self._count(connection, 0)
        over = self._over(shop, images)
        if over > 0:
            waiting = self._waiting.total()
            raise QueueFull(waiting=waiting, of_shop=self._waiting[shop], seconds=self._seconds(over))
        self._waiting[shop] += images

    def _over(self, shop: str, images: int) -> int:
        """Images too many, of the whole queue or of the shop."""
        limits = (
            (self._waiting.total(), self.settings.waiting_images),
            (self._waiting[shop], self.settings.waiting_images_per_shop),
        )
        return max(waiting + images - most if waiting else 0 for waiting, most in limits)

    def _seconds(self, over: int) -> int:
        """Until so many will have been started, at the speed of late."""
        (since, before), (until, now) = self._claims[0], self._claims[-1]
        if now == before:
            return UNKNOWN
        return min(max(math.ceil(over * (until - since) / (now - before)), SHORTEST), LONGEST)

    async def _count(self, connection: Connection, every: float) -> None:
        now = time.monotonic()
        if now - self._counted_at < every:
            return
        cursor = await connection.execute(
            "SELECT shop, count(*) AS images FROM images WHERE state = 'received' GROUP BY shop"
        )
        self._waiting = Counter({row["shop"]: row["images"] for row in await cursor.fetchall()})
        self._counted_at = now
        self._claims.append((now, await self.engine.claimed(connection)))
        while len(self._claims) > 2 and now - self._claims[1][0] >= DRAIN_OVER_SECONDS:
            del self._claims[0]
