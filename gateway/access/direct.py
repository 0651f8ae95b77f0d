"""Keys, quotas and budgets managed on the database itself: for the first key, and where no server runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from gateway import db, embedded, engine
from gateway.db import Database
from gateway.ledger import prices
from gateway.ledger.handlers import Reports
from gateway.ledger.settings import LedgerSettings
from gateway.settings import GatewaySettings, HomeSettings
from services.kit.settings import load

from .handlers import Access
from .keyring import Keyring
from .quotas import Quotas
from .settings import AccessSettings

CONNECTIONS = 3


@asynccontextmanager
async def opened(settings: GatewaySettings, home: HomeSettings) -> AsyncIterator[tuple[Access, Reports]]:
    """The handlers with every right, on the database of SELVAGE_GATEWAY_DATABASE_URL or the embedded one of `home`.

    A database nobody has used before gets its tables. Servers that run learn of changes within their
    SELVAGE_ACCESS_CACHE_SECONDS. Raises DatabaseNotStarted, DatabaseUnavailable, MigrationChanged,
    PricesInvalid.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if not url:
            server = await asyncio.to_thread(embedded.start, home.home / "postgres")
            stack.push_async_callback(asyncio.to_thread, server.leave)
            url = server.url
        database = Database(url, CONNECTIONS)
        await database.open()
        stack.push_async_callback(database.close)
        await db.migrate(database, engine.pending, db.pending)
        # Nobody is authenticated here: whoever has the database has everything.
        nobody = AccessSettings.model_construct()
        baseline = (await asyncio.to_thread(prices.read, load(LedgerSettings).prices)).baseline
        access = Access(database, Keyring(database, nobody), Quotas(database, nobody))
        yield access, Reports(database, baseline)
