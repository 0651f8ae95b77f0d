"""What the database and the services know, as gauges: images and jobs by state, the queue, what is overdue, models and
templates. Read every few seconds, not per scrape."""

from __future__ import annotations

import asyncio

from services.kit import metrics

from . import background, words
from .db import Connection, Database
from .engine import Engine
from .services import Services

EVERY_SECONDS = 5.0


async def refresh(database: Database, engine: Engine, promised_seconds: float) -> None:
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
        overdue = await _overdue(connection, promised_seconds)
        cursor = await connection.execute(
            "SELECT coalesce(extract(epoch FROM now() - min((SELECT max(e.at) FROM events e"
            " WHERE e.image_id = i.image_id AND e.to_state = 'needs_review' AND e.from_state <> 'needs_review'))),"
            " 0)::float8 AS age FROM images i WHERE i.state = 'needs_review'"
        )
        oldest = await cursor.fetchone()
        assert oldest is not None
    for state in metrics.IMAGE_STATES:
        metrics.IMAGES_IN_STATE.labels(state).set(images.get(state, 0))
    for state in metrics.JOB_STATES:
        metrics.JOBS_IN_STATE.labels(state).set(jobs.get(state, 0))
    for queue, found in depth.items():
        metrics.QUEUE_DEPTH.labels(queue).set(found.waiting)
        metrics.QUEUE_OLDEST_SECONDS.labels(queue).set(found.oldest_seconds)
    for tier in metrics.TIERS:
        metrics.IMAGES_OVERDUE.labels(tier).set(overdue.get(tier, 0))
    metrics.REVIEW_OLDEST_SECONDS.set(oldest["age"])


async def _overdue(connection: Connection, promised_seconds: float) -> dict[str, int]:
    """Open images that are late, by tier."""
    cursor = await connection.execute(
        "SELECT coalesce(nullif(i.tier, ''), 'none') AS tier, count(*) AS images FROM images i JOIN jobs j"
        " USING (job_id) WHERE i.state IN ('received', 'processing', 'needs_review', 'in_edit')"
        " AND coalesce(i.due_at, j.created_at + make_interval(secs => %s)) < now() GROUP BY 1",
        [promised_seconds],
    )
    return {row["tier"]: row["images"] for row in await cursor.fetchall()}


async def describe(services: Services) -> None:
    """Which services answer, and what they offer."""
    parts = await services.reachable()
    for name, state in parts.items():
        metrics.SERVICE_UP.labels(name).set(int(state == "ok"))
    if parts["segment"] == "ok":
        offered = (await services.describe_segment()).profiles
        metrics.MODELS.replace({(profile.name, profile.model_version): 1 for profile in offered})
    if parts["compose"] == "ok":
        templates = (await services.describe_compose()).templates
        metrics.TEMPLATES.replace({(template.name, str(template.revision)): 1 for template in templates})


async def refresh_forever(database: Database, engine: Engine, services: Services, promised_seconds: float) -> None:
    """Until cancelled. While the database is away the gauges stay as they were, and so do those of services."""
    await asyncio.gather(
        background.forever(lambda: refresh(database, engine, promised_seconds), EVERY_SECONDS, "gauges_failed"),
        background.forever(lambda: describe(services), EVERY_SECONDS, "gauges_failed"),
    )
