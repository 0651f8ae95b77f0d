"""A net below the queue: an image in progress whose task is not there gets one.

No known way leads there (tests/integration/gateway/test_leases.py has those that once did), so what is found is an
error and logged as one; but such an image would stand `processing` for ever, and its job never end.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from services.kit import logs

from . import background
from .db import Database
from .engine import Engine
from .records import untasked

log = logs.get(__name__)

SECONDS = 5.0


async def mend(database: Database, engine: Engine) -> int:
    """How many images had no task."""
    async with database.transaction() as connection:
        found = await untasked.find(connection)
        groups: dict[tuple[str, str], list[UUID]] = defaultdict(list)
        for row in found:
            groups[row["shop"], row["priority"]].append(row["image_id"])
        for (shop, priority), images in groups.items():
            await untasked.give(connection, await engine.defer(connection, shop, images, priority))
    for row in found:
        log.error("image_without_task", image_id=str(row["image_id"]), job_id=str(row["job_id"]), run=row["run"])
    return len(found)


async def mend_forever(database: Database, engine: Engine) -> None:
    """Every worker process runs this, until cancelled."""
    await background.forever(lambda: mend(database, engine), SECONDS, "mending_failed")
