"""What the database knows, as gauges: images and jobs by state, the queue. Read every few seconds, not per scrape."""

from __future__ import annotations

import asyncio

from services.kit import logs, metrics

from . import words
from .db import Database
from .engine import Engine

log = logs.get(__name__)

EVERY_SECONDS = 5.0


async def refresh(database: Database, engine: Engine) -> None:
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT state, count(*) AS images FROM images GROUP BY state")
        images = {row["state"]: row["images"] for row in await cursor.fetchall()}
        cursor = await connection.execute(
            "SELECT CASE WHEN j.cancelled_at IS NOT NULL THEN 'cancelled'"
            " WHEN EXISTS (SELECT 1 FROM images i WHERE i.job_id = j.job_id AND i.state = ANY(%s)) THEN 'running'"
            " ELSE 'finished' END AS state, count(*) AS jobs FROM jobs j GROUP BY 1",
            [list(words.OPEN)],
        )
        jobs = {row["state"]: row["jobs"] for row in await cursor.fetchall()}
        depth = await engine.depth(connection)
    for state in metrics.IMAGE_STATES:
        metrics.IMAGES_IN_STATE.labels(state).set(images.get(state, 0))
    for state in metrics.JOB_STATES:
        metrics.JOBS_IN_STATE.labels(state).set(jobs.get(state, 0))
    for queue, found in depth.items():
        metrics.QUEUE_DEPTH.labels(queue).set(found.waiting)
        metrics.QUEUE_OLDEST_SECONDS.labels(queue).set(found.oldest_seconds)


async def refresh_forever(database: Database, engine: Engine) -> None:
    while True:
        try:
            await refresh(database, engine)
        except Exception as cause:  # the database is away: the gauges stay as they were
            log.warning("gauges_failed", cause=repr(cause))
        await asyncio.sleep(EVERY_SECONDS)
