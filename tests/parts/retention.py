"""A sweeper over a whole gateway, time that passes at once, and what must hold whenever it has swept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from gateway.db import Database
from gateway.retention import kinds
from gateway.retention.settings import DAY, RetentionSettings
from gateway.retention.sweeper import NOT_ENDED, Sweeper
from selvage_api.matting.v1 import matting_service_pb2
from services.kit.settings import load
from services.kit.store import ObjectStore
from tests.parts.house import House

ALL = load(RetentionSettings, originals_days=30, intermediates_days=10, results_days=20, look_again_seconds=0)


@asynccontextmanager
async def sweeping(house: House, settings: RetentionSettings = ALL) -> AsyncIterator[Sweeper]:
    database = Database(house.gateway.database_url, 4)
    await database.open()
    yield Sweeper(database, house.store, settings)
    await database.close()


async def sweep(house: House, settings: RetentionSettings = ALL) -> int:
    async with sweeping(house, settings) as sweeper:
        return await sweeper.sweep()


async def age(house: House, days: float, *, job_id: str = "", uploads: bool = True) -> None:
    """Everything, or the images of one job, is so many days older than it was."""
    async with await psycopg.AsyncConnection.connect(house.gateway.database_url) as connection:
        # In the order in which everybody locks.
        if uploads:
            await connection.execute("SELECT 1 FROM photos ORDER BY key FOR UPDATE")
            await connection.execute("UPDATE photos SET used_at = used_at - make_interval(secs => %s)", [days * DAY])
        await connection.execute("SELECT 1 FROM images ORDER BY image_id FOR UPDATE")
        await connection.execute(
            "UPDATE images SET updated_at = updated_at - make_interval(secs => %s) WHERE %s IN ('', job_id::text)",
            [days * DAY, job_id],
        )


def doubtful(_sha256: str, numbers: matting_service_pb2.MatteNumbers) -> None:
    numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)


def stored(store: ObjectStore) -> set[str]:
    return {each.key for each in store.list("")}


async def check(house: House) -> None:
    """Every object somebody refers to is there; nothing else is there that has been referred to and let go."""
    images = await house.rows("SELECT image_id, state, expired, files, original ->> 'key' FROM images")
    passed = await house.rows("SELECT image_id, stage, outputs FROM stage_runs")
    there = stored(house.store)
    wanted: set[str] = set()
    for image_id, state, expired, files, original in images:
        mine = [{"stage": stage, "outputs": outputs} for owner, stage, outputs in passed if owner == image_id]
        row = {"state": state, "expired": expired, "files": files, "passed": mine}
        keep = [] if kinds.ORIGINALS in expired else [original]
        wanted |= kinds.live(kinds.references([row], NOT_ENDED), keep).keys
    assert wanted <= there, sorted(wanted - there)
    known = {row[0] for row in await house.rows("SELECT key FROM uploads")}
    assert known <= there
    claimed = await house.rows("SELECT outputs FROM results")
    assert {output["key"] for (outputs,) in claimed for output in outputs.values()} <= there
