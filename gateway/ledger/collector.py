"""The loops that book what no request books: use that no answer brought, storage by day, nodes by hour.

Any number of gateways may run them at once; every booking happens once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from gateway import background
from gateway.db import Database
from gateway.services import Services
from selvage_api.usage.v1 import usage_service_pb2 as pb
from services.kit import logs
from services.kit.errors import SelvageError
from services.kit.usage.servicer import collect

from . import booking
from .settings import LedgerSettings

log = logs.get(__name__)

Ask: TypeAlias = Callable[[pb.CollectRequest], Awaitable[pb.CollectResponse]]
MOST_PROCESSES = 512
"""Remembered at once; one that is forgotten tells again what is booked, which books nothing twice."""


@dataclass
class Collector:
    """`services` is None in a process that only books its own use."""

    database: Database
    settings: LedgerSettings
    services: Services | None = None
    # Of each process, up to where it is booked; those heard of last come last.
    _booked: dict[str, int] = field(default_factory=dict)

    async def use_once(self) -> None:
        """This process and one of each service's, whichever its name leads to this time."""
        await self._drain(self._own)
        if self.services is None:
            return
        for service in self.services.names:
            try:
                await self._drain(self._asking(self.services, service))
            except SelvageError as cause:  # away, or of a version that does not measure
                log.debug("use_not_collected", service=service, cause=cause.message)

    async def days_once(self) -> None:
        now = datetime.now(UTC)
        async with self.database.transaction() as connection:
            days = await booking.storage(connection, now)
            hours = await booking.nodes(connection, now)
        if days or hours:
            log.info("ledger_booked", storage_days=days, node_hours=hours)

    async def use_forever(self) -> None:
        # While the database is away, what is not booked stays with who used it.
        await background.forever(self.use_once, self.settings.collect_seconds, "ledger_not_booked")

    async def days_forever(self) -> None:
        await background.forever(self.days_once, self.settings.book_seconds, "ledger_not_booked")

    async def _drain(self, ask: Ask) -> None:
        """Until nothing more is to be booked. Which replica answers is chance: each hears of all that is booked."""
        more = True
        while more:
            answer = await ask(pb.CollectRequest(booked=self._booked))
            if answer.entries:
                async with self.database.transaction() as connection:
                    await booking.use(connection, answer.entries)
                self._booked.pop(answer.process, None)
                self._booked[answer.process] = answer.entries[-1].use.sequence
                if len(self._booked) > MOST_PROCESSES:
                    del self._booked[next(iter(self._booked))]
            more = answer.more

    async def _own(self, request: pb.CollectRequest) -> pb.CollectResponse:
        return collect(request)

    @staticmethod
    def _asking(services: Services, service: str) -> Ask:
        async def ask(request: pb.CollectRequest) -> pb.CollectResponse:
            return await services.call(service, services.usage[service].Collect, request)

        return ask
