"""`python -m gateway migrate`: brings the database up to date and ends. Gateways do the same when they start.

For a step of its own before new gateways start: a Job in Kubernetes, with an account that may change tables.
"""

from __future__ import annotations

from services.kit import logs

from . import db, engine
from .db import Database
from .errors import DatabaseNotNamed
from .settings import GatewaySettings

log = logs.get(__name__)


async def migrate(settings: GatewaySettings) -> list[str]:
    """Names of the migrations applied. Raises DatabaseNotNamed, DatabaseUnavailable, MigrationChanged."""
    if not settings.database_url:
        raise DatabaseNotNamed()
    database = Database(settings.database_url, settings.database_connections)
    await database.open()
    try:
        applied = await db.migrate(database, engine.pending, db.pending)
    finally:
        await database.close()
    log.info("migrated", migrations=len(applied), names=applied)
    return applied
