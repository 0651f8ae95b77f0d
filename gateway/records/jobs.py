"""Jobs and the request ids that made them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway import words
from gateway.db import Connection
from selvage_api.jobs.v1 import jobs_service_pb2

from . import convert, events


@dataclass(frozen=True)
class Claim:
    """What a request id stands for: the request it was first used for, and what that was answered."""

    fingerprint: str
    job_id: UUID
    failed_images: list[jobs_service_pb2.FailedImage]


async def find_claim(connection: Connection, shop: str, request_id: str) -> Claim | None:
    cursor = await connection.execute(
        "SELECT fingerprint, job_id, failed_images FROM requests WHERE shop = %s AND request_id = %s",
        [shop, request_id],
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    failed = [convert.from_json(each, jobs_service_pb2.FailedImage()) for each in row["failed_images"]]
    return Claim(row["fingerprint"], row["job_id"], failed)


async def claim_request(connection: Connection, shop: str, request_id: str, claim: Claim) -> Claim:
    """`claim` when nobody was faster, else the one that stands.

    Who comes second waits here until the first has committed (or goes on in its place when that one fails). The job
    is inserted afterwards: the reference is checked when the transaction ends.
    """
    await connection.execute(
        "INSERT INTO requests (shop, request_id, fingerprint, job_id, failed_images) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (shop, request_id) DO NOTHING",
        [shop, request_id, claim.fingerprint, claim.job_id, convert.to_column(claim.failed_images)],
    )
    found = await find_claim(connection, shop, request_id)
    assert found is not None
    return found


async def insert(
    connection: Connection, job_id: UUID, request: jobs_service_pb2.CreateJobRequest, traceparent: str
) -> None:
    """traceparent: of the call that asks for the job, '' without a trace."""
    await connection.execute(
        "INSERT INTO jobs (job_id, shop, label, template, profile, priority, traceparent)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            job_id, request.shop, request.label, request.template, request.profile,
            words.priority_word(request.priority), traceparent,
        ],
    )  # fmt: skip


async def get(connection: Connection, job_id: UUID) -> jobs_service_pb2.Job | None:
    cursor = await connection.execute("SELECT * FROM jobs WHERE job_id = %s", [job_id])
    jobs = await _with_counts(connection, await cursor.fetchall())
    return jobs[0] if jobs else None


async def page(connection: Connection, shop: str, before: UUID | None, size: int) -> list[jobs_service_pb2.Job]:
    """Newest first, those older than the job `before`. An empty shop means all."""
    cursor = await connection.execute(
        "SELECT * FROM jobs WHERE (%(shop)s = '' OR shop = %(shop)s)"
        " AND (%(before)s::uuid IS NULL OR job_id < %(before)s) ORDER BY job_id DESC LIMIT %(size)s",
        {"shop": shop, "before": before, "size": size},
    )
    return await _with_counts(connection, await cursor.fetchall())


async def cancel(connection: Connection, job_id: UUID) -> list[int | None] | None:
    """Cancels a running job and its open images; the task of each, to be taken back. None when it has ended already."""
    # The lock that lets events be added: those who run an image hold its row and may wait for us.
    cursor = await connection.execute("SELECT cancelled_at FROM jobs WHERE job_id = %s FOR NO KEY UPDATE", [job_id])
    row = await cursor.fetchone()
    if row is None or row["cancelled_at"]:
        return None
    cursor = await connection.execute(
        "UPDATE images i SET state = 'cancelled', verdict = '', version = i.version + 1, updated_at = now()"
        " FROM (SELECT image_id, state FROM images WHERE job_id = %s AND state = ANY(%s) ORDER BY image_id FOR UPDATE)"
        " AS old WHERE i.image_id = old.image_id RETURNING i.image_id, i.task_id, old.state AS from_state",
        [job_id, list(words.OPEN)],
    )
    stopped = await cursor.fetchall()
    if not stopped:
        return None
    await connection.execute("UPDATE jobs SET cancelled_at = now(), updated_at = now() WHERE job_id = %s", [job_id])
    changes = [(image["image_id"], image["from_state"], words.CANCELLED) for image in stopped]
    await events.append_many(connection, job_id, "cancelled", changes)
    await events.append(connection, job_id, None, "job_cancelled")
    await events.notify_job(connection, job_id)
    return [image["task_id"] for image in stopped]


async def _with_counts(connection: Connection, rows: Iterable[dict[str, Any]]) -> list[jobs_service_pb2.Job]:
    rows = list(rows)
    cursor = await connection.execute(
        "SELECT job_id, state, count(*)::int AS images, max(updated_at) AS changed_at"
        " FROM images WHERE job_id = ANY(%s) GROUP BY job_id, state",
        [[row["job_id"] for row in rows]],
    )
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    changed: dict[UUID, datetime] = {}
    for group in await cursor.fetchall():
        job_id = group["job_id"]
        counts[job_id][group["state"]] = group["images"]
        changed[job_id] = max(changed.get(job_id, group["changed_at"]), group["changed_at"])
    return [convert.job(row, counts[row["job_id"]], changed.get(row["job_id"])) for row in rows]
