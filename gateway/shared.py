"""What the parts of one gateway process share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from services.kit.errors import SelvageError
from services.kit.store import ObjectStore

from . import background
from .access.guard import Guard
from .access.keyring import Keyring
from .access.quotas import Quotas
from .changes import Changes
from .configuration import Configuration
from .db import Database
from .engine import Engine
from .ledger.downloads import Downloads
from .ledger.handlers import Reports
from .services import Services
from .webhooks.deliver import Deliverer
from .webhooks.endpoints import Webhooks


@dataclass(frozen=True)
class Shared:
    """`stack` ends everything in reverse order of its start."""

    stack: AsyncExitStack
    settings: Configuration
    database: Database
    queue: Engine
    store: ObjectStore
    services: Services
    changes: Changes
    keyring: Keyring
    quotas: Quotas
    guard: Guard
    webhooks: Webhooks
    deliverer: Deliverer
    reports: Reports
    downloads: Downloads

    def background(self, work: Coroutine[Any, Any, None], name: str, patience: float = 0.5) -> None:
        """A task that is ended when the stack unwinds; `patience` is how many seconds it may take to end."""
        run_behind(self.stack, work, name, patience)

    def readiness(self) -> Callable[[], Awaitable[dict[str, str]]]:
        async def parts() -> dict[str, str]:
            try:
                async with self.database.transaction() as connection:
                    await connection.execute("SELECT 1")
                state = "ok"
            except SelvageError as error:
                state = error.message
            return {"database": state} | await self.services.reachable()

        return parts


def run_behind(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str, patience: float = 0.5) -> None:
    stack.push_async_callback(background.end, asyncio.create_task(work, name=name), patience)
