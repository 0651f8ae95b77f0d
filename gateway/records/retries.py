"""Ended images that are set to work again. The caller holds the lock of the job."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from gateway import words
from gateway.db import Connection

from . import events
from .images import Row


async def lock_job(connection: Connection, job_id: UUID) -> Row | None:
    """With the lock that lets events be added: those who run an image hold its row and may wait for us."""
    cursor = await connection.execute(
        "SELECT shop, priority, cancelled_at FROM jobs WHERE job_id = %s FOR NO KEY UPDATE", [job_id]
    )
    return await cursor.fetchone()


async def missing(connection: Connection, job_id: UUID, images: Collection[UUID]) -> UUID | None:
    """One of these that is no image of the job."""
    cursor = await connection.execute(
        "SELECT given FROM unnest(%s::uuid[]) AS given WHERE NOT EXISTS"
        " (SELECT 1 FROM images WHERE image_id = given AND job_id = %s) LIMIT 1",
        [list(images), job_id],
    )
    row = await cursor.fetchone()
    return row["given"] if row else None


async def named(connection: Connection, job_id: UUID, images: Collection[UUID], *, any_ended: bool) -> list[UUID]:
    """Those of these that have failed, or ended in any way, in order of submission and locked."""
    cursor = await connection.execute(
        "SELECT image_id FROM (SELECT image_id, position FROM images"
        " WHERE job_id = %(job)s AND image_id = ANY(%(images)s)"
        " AND (state = 'failed' OR %(any)s AND NOT state = ANY(%(open)s)) ORDER BY image_id FOR UPDATE) AS locked"
        " ORDER BY position",
        {"job": job_id, "images": list(images), "any": any_ended, "open": list(words.OPEN)},
    )
    return [row["image_id"] for row in await cursor.fetchall()]


async def failed(connection: Connection, job_id: UUID, hopeless: Iterable[str]) -> list[UUID]:
    """Failed images whose reason is not `hopeless`, in order of submission and locked."""
    cursor = await connection.execute(
        "SELECT image_id FROM (SELECT image_id, position FROM images WHERE job_id = %s AND state = 'failed'"
        " AND NOT error ->> 'reason' = ANY(%s) ORDER BY image_id FOR UPDATE) AS locked ORDER BY position",
        [job_id, list(hopeless)],
    )
    return [row["image_id"] for row in await cursor.fetchall()]


async def set_to_work(connection: Connection, job_id: UUID, tasks: Mapping[UUID, int], from_stage: str) -> list[str]:
    """`tasks` by image; the states the images had. An approval by a person holds while the pixels do: for a failed
    image that goes on, and for an approved one that is only composed anew."""
    cursor = await connection.execute(
        "WITH given AS (SELECT * FROM unnest(%(images)s::uuid[], %(tasks)s::bigint[]) AS g (image_id, task_id)),"
        " old AS (SELECT i.image_id, i.state, given.task_id, (SELECT d.actor = 'person' AND d.verdict = 'approve'"
        "   FROM decisions d WHERE d.image_id = i.image_id ORDER BY decision_id DESC LIMIT 1) AS approved,"
        "   (SELECT max(stage_run_id) FROM stage_runs s WHERE s.image_id = i.image_id) AS last_run"
        "  FROM images i JOIN given USING (image_id)),"
        " moved AS (UPDATE images i SET state = 'received', task_id = old.task_id, error = NULL, files = '[]',"
        "  reasons = '[]', confidence = 0, tries = 0, busy = 0, losses = 0, version = i.version + 1,"
        "  updated_at = now(),"
        "  verdict = CASE WHEN %(from)s IN ('', 'compose') AND old.approved AND old.state IN ('failed', 'approved')"
        "   THEN 'approve' ELSE '' END,"
        "  redo_from = CASE WHEN %(from)s = '' THEN i.redo_from ELSE %(from)s END,"
        "  redo_since = CASE WHEN %(from)s = '' THEN i.redo_since ELSE coalesce(old.last_run, 0) END"
        "  FROM old WHERE i.image_id = old.image_id RETURNING i.image_id, i.position, old.state AS from_state)"
        " INSERT INTO events (job_id, image_id, kind, from_state, to_state, detail)"
        " SELECT %(job)s, image_id, 'retried', from_state, 'received', jsonb_build_object('from_stage', %(from)s::text)"
        " FROM moved ORDER BY position RETURNING from_state",
        {"job": job_id, "images": list(tasks), "tasks": list(tasks.values()), "from": from_stage},
    )
    states = [row["from_state"] for row in await cursor.fetchall()]
    await connection.execute("UPDATE jobs SET updated_at = now() WHERE job_id = %s", [job_id])
    await events.notify_job(connection, job_id)
    return states
