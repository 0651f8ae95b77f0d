"""The loops of retention. Any number of processes may run them: one at a time sweeps."""

from __future__ import annotations

import time

from gateway import background
from gateway.db import Database
from gateway.records import retention
from services.kit import logs
from services.kit.store import ObjectStore

from .orphans import Orphans
from .settings import DAY, RetentionSettings
from .sweeper import Sweeper

log = logs.get(__name__)

FOLD_SECONDS = 10.0


class Retention:
    def __init__(self, database: Database, store: ObjectStore, settings: RetentionSettings) -> None:
        self._database = database
        self._settings = settings
        self._sweeper = Sweeper(database, store, settings)
        self._orphans = Orphans(database, store, settings.orphans_days * DAY)

    async def sweep_forever(self) -> None:
        """Until cancelled; an outage of the database or the store costs a round."""
        next_walk = 0.0

        async def sweep() -> None:
            nonlocal next_walk
            if swept := await self._sweeper.sweep():
                log.info("swept", photos=swept)
            if self._settings.orphans_days and time.monotonic() >= next_walk:
                # Four walks until an orphan is old enough, and one a day.
                next_walk = time.monotonic() + min(DAY, self._settings.orphans_days * DAY / 4)
                await self._sweeper.alone(self._orphans.sweep)

        await background.forever(sweep, self._settings.sweep_seconds, "sweep_failed")

    async def fold_forever(self) -> None:
        """Keeps the bytes of shops cheap to ask for."""
        await background.forever(self._fold, FOLD_SECONDS, "fold_failed")

    async def _fold(self) -> None:
        more = True
        while more:
            async with self._database.transaction() as connection:
                more = await retention.fold(connection)
