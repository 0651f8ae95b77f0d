"""Limits of a shop: images and bytes are checked in the transaction that takes the images in, requests one by one.

A quota row has 0 for "the default of the server" and -1 for "no limit"; settings have only -1.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from gateway.db import Connection, Database
from gateway.records import quotas, retention

from .errors import QuotaExceeded, RequestsExceeded
from .settings import AccessSettings

UNLIMITED = -1
# After so long a refused client may try again; images end and files expire at times nobody knows beforehand.
OPEN_SECONDS, STORED_SECONDS = 30, 3600
# Shops whose limit is kept at once.
MOST_KEPT = 4096


@dataclass(frozen=True)
class Limits:
    """-1 is no limit."""

    requests_per_minute: int = UNLIMITED
    images_per_month: int = UNLIMITED
    open_images: int = UNLIMITED
    stored_bytes: int = UNLIMITED


@dataclass(frozen=True)
class Allowance:
    """What the bucket of a shop holds after a request. `seconds`: until it is full again."""

    limit: int
    left: int
    seconds: int


class Quotas:
    def __init__(self, database: Database, settings: AccessSettings) -> None:
        self._database = database
        self._seconds = settings.cache_seconds
        self.defaults = Limits(
            settings.requests_per_minute, settings.images_per_month, settings.open_images, settings.stored_bytes
        )
        self._kept: dict[str, tuple[int, float]] = {}

    async def limits(self, connection: Connection, shop: str) -> Limits:
        row = await quotas.get(connection, shop) or {}
        return Limits(**{name: row.get(name) or default for name, default in asdict(self.defaults).items()})

    def forget(self, shop: str) -> None:
        """Its quota has changed."""
        self._kept.pop(shop, None)

    async def take_images(self, connection: Connection, shop: str, images: int) -> None:
        """Counts images just inserted by this transaction, which must be rolled back when this raises QuotaExceeded.

        Call it last: from here to the end of the transaction the shop's other intakes wait, which is what makes the
        limits exact, however many come at once.
        """
        total = await quotas.add_images(connection, shop, images)
        limits = await self.limits(connection, shop)
        if 0 <= limits.images_per_month < total:
            left = await quotas.month_ends(connection) - datetime.now(UTC)
            seconds = max(1, math.ceil(left.total_seconds()))
            raise _exceeded(shop, "images-per-month", limits.images_per_month, seconds)
        if 0 <= limits.open_images < await quotas.open_images(connection, shop):
            raise _exceeded(shop, "open-images", limits.open_images, OPEN_SECONDS)
        await self._check_bytes(connection, shop, limits.stored_bytes)

    async def check_bytes(self, connection: Connection, shop: str) -> None:
        """Whether the shop may store more. Raises QuotaExceeded."""
        await self._check_bytes(connection, shop, (await self.limits(connection, shop)).stored_bytes)

    async def take_request(self, shop: str) -> Allowance | None:
        """Counts a request; None when the shop has no limit. Raises RequestsExceeded, DatabaseUnavailable.

        The bucket lies in the database: the limit holds over all gateways together.
        """
        limit, until = self._kept.get(shop, (UNLIMITED, 0.0))
        if until <= time.monotonic():
            limit = await self._read(shop)
        if limit < 0:
            return None
        if limit == 0:
            raise RequestsExceeded(shop=shop, policy="requests", limit=0, seconds=60)
        async with self._database.transaction() as connection:
            grant = await quotas.take_request(connection, shop, limit)
        per_second = limit / 60
        if not grant.granted:
            seconds = max(1, math.ceil((1 - grant.left) / per_second))
            raise RequestsExceeded(shop=shop, policy="requests", limit=limit, seconds=seconds)
        return Allowance(limit, int(grant.left), math.ceil((limit - grant.left) / per_second))

    async def _read(self, shop: str) -> int:
        until = time.monotonic() + self._seconds
        async with self._database.transaction() as connection:
            limit = (await self.limits(connection, shop)).requests_per_minute
        self._kept.pop(shop, None)
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[shop] = (limit, until)
        return limit

    async def _check_bytes(self, connection: Connection, shop: str, limit: int) -> None:
        if 0 <= limit < await retention.stored_bytes(connection, shop):
            raise _exceeded(shop, "stored-bytes", limit, STORED_SECONDS)


def _exceeded(shop: str, policy: str, limit: int, seconds: int) -> QuotaExceeded:
    return QuotaExceeded(shop=shop, policy=policy, limit=limit, seconds=seconds)
