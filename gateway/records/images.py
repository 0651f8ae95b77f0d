"""Images: their rows and their changes of state; records/runs.py has what runs of them write.

A change of state happens in one guarded UPDATE, with its event in the same transaction: it takes place exactly once,
whoever else tries at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from gateway import words
from gateway.db import Connection
from selvage_api.images.v1 import images_pb2

from . import convert, events, shoots

Row = dict[str, Any]

_COLUMNS = (
    "image_id", "job_id", "position", "shop", "sku", "image_no", "source_name", "shoot", "category", "tier",
    "template", "due_at", "original", "state", "task_id",
)  # fmt: skip


@dataclass(frozen=True)
class NewImage:
    image_id: UUID
    position: int
    sku: str
    image_no: str
    source_name: str
    shoot: str
    category: str
    tier: str
    template: str
    due_at: datetime | None
    original: images_pb2.ObjectRef


@dataclass(frozen=True)
class FinishedStage:
    """One stage an image has passed; `outputs` are ObjectRefs in JSON by role."""

    stage: str
    key: str
    outputs: Mapping[str, Any]
    numbers: Mapping[str, Any]
    seconds: float
    attempt: int
    reused: bool
    # StageUse in JSON, None when nothing was measured.
    use: Mapping[str, Any] | None = None


async def insert_many(
    connection: Connection, job_id: UUID, shop: str, images: Sequence[NewImage], tasks: Sequence[int]
) -> None:
    """The images of a new job, each with its task, and an event each."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    copy_images = sql.SQL("COPY images ({}) FROM STDIN").format(columns)
    async with connection.cursor() as cursor, cursor.copy(copy_images) as copy:
        for image, task in zip(images, tasks, strict=True):
            original = Jsonb(convert.to_json(image.original))
            await copy.write_row([
                image.image_id, job_id, image.position, shop, image.sku, image.image_no, image.source_name,
                image.shoot, image.category, image.tier, image.template, image.due_at, original, words.RECEIVED, task,
            ])  # fmt: skip
    named = {image.shoot for image in images} - {""}
    if named:
        await shoots.remember(connection, shop, named)
    await events.append_many(connection, job_id, "received", [(image.image_id, "", words.RECEIVED) for image in images])


async def get(connection: Connection, image_id: UUID) -> Row | None:
    cursor = await connection.execute("SELECT * FROM images WHERE image_id = %s", [image_id])
    return await cursor.fetchone()


async def message(connection: Connection, image_id: UUID) -> images_pb2.Image | None:
    found = await messages(connection, [image_id])
    return found[0] if found else None


async def messages(connection: Connection, image_ids: Sequence[UUID]) -> list[images_pb2.Image]:
    """These images with their stages, in order of submission."""
    cursor = await connection.execute("SELECT * FROM images WHERE image_id = ANY(%s)", [list(image_ids)])
    return await _with_stages(connection, await cursor.fetchall())


async def page(
    connection: Connection, job_id: UUID, after: int, size: int, states: Sequence[str] = ()
) -> tuple[list[images_pb2.Image], int]:
    """Images after a position, and the position of the last of them."""
    cursor = await connection.execute(
        "SELECT * FROM images WHERE job_id = %(job)s AND position > %(after)s"
        " AND (%(states)s::text[] = '{}' OR state = ANY(%(states)s)) ORDER BY position LIMIT %(size)s",
        {"job": job_id, "after": after, "size": size, "states": list(states)},
    )
    rows = await cursor.fetchall()
    return await _with_stages(connection, rows), rows[-1]["position"] if rows else after


async def begun(connection: Connection, job_id: UUID) -> list[UUID]:
    """Images of a job that have left `received`, in order of submission."""
    cursor = await connection.execute(
        "SELECT image_id FROM images WHERE job_id = %s AND state <> 'received' ORDER BY position", [job_id]
    )
    return [row["image_id"] for row in await cursor.fetchall()]


async def versions(connection: Connection, job_id: UUID) -> dict[UUID, int]:
    cursor = await connection.execute("SELECT image_id, version FROM images WHERE job_id = %s", [job_id])
    return {row["image_id"]: row["version"] for row in await cursor.fetchall()}


async def move(
    connection: Connection,
    image_id: UUID,
    to: str,
    *,
    allowed: Iterable[str],
    kind: str,
    run: int | None = None,
    version: int | None = None,
    detail: dict[str, Any] | None = None,
    **columns: object,
) -> Row | None:
    """Changes the state, and `columns`, if the image is in an `allowed` state and of this run and version.

    The new row with `from_state`, or None when somebody else was faster.
    """
    settings = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns]
    statement = sql.SQL(
        "UPDATE images i SET state = %(to)s, version = i.version + 1, updated_at = now(){columns}"
        " FROM (SELECT image_id, state FROM images WHERE image_id = %(image_id)s FOR UPDATE) AS old"
        " WHERE i.image_id = old.image_id AND old.state = ANY(%(allowed)s)"
        " AND (%(run_is)s::integer IS NULL OR i.run = %(run_is)s)"
        " AND (%(version_is)s::bigint IS NULL OR i.version = %(version_is)s)"
        " RETURNING i.*, old.state AS from_state"
    ).format(columns=sql.SQL("").join(sql.SQL(", ") + setting for setting in settings))
    parameters = {"to": to, "image_id": image_id, "allowed": list(allowed), "run_is": run, "version_is": version}
    cursor = await connection.execute(statement, parameters | columns)
    row = await cursor.fetchone()
    if row is None:
        return None
    await events.append(
        connection, row["job_id"], image_id, kind, from_state=row["from_state"], to_state=to, detail=detail
    )
    await events.notify_image(connection, row["job_id"], image_id)
    return row


async def note_try(connection: Connection, image_id: UUID, run: int, detail: dict[str, Any], *, busy: bool) -> bool:
    """Records that a run ended by a transient error and will be followed by another."""
    cursor = await connection.execute(
        "UPDATE images SET tries = tries + %(tries)s, busy = busy + %(busy)s, losses = 0, version = version + 1,"
        " updated_at = now() WHERE image_id = %(image)s AND run = %(run)s AND state = 'processing' RETURNING job_id",
        {"tries": int(not busy), "busy": int(busy), "image": image_id, "run": run},
    )
    row = await cursor.fetchone()
    if row is None:
        return False
    await events.append(connection, row["job_id"], image_id, "retry", detail=detail)
    return True


async def note_stopped(connection: Connection, image_id: UUID, run: int) -> None:
    """A run ended because its worker was asked to stop: that is no loss."""
    await connection.execute(
        "UPDATE images SET losses = greatest(losses - 1, 0) WHERE image_id = %s AND run = %s", [image_id, run]
    )


async def passed(connection: Connection, image_id: UUID) -> dict[str, FinishedStage]:
    """The latest record of each stage an image has passed."""
    cursor = await connection.execute(
        "SELECT DISTINCT ON (stage) stage, key, outputs, numbers, seconds, attempt, reused FROM stage_runs"
        " WHERE image_id = %s ORDER BY stage, stage_run_id DESC",
        [image_id],
    )
    return {row["stage"]: FinishedStage(**row) for row in await cursor.fetchall()}


async def _with_stages(connection: Connection, rows: Sequence[Row]) -> list[images_pb2.Image]:
    cursor = await connection.execute(
        "SELECT image_id, stage, seconds, attempt, reused FROM stage_runs WHERE image_id = ANY(%s)"
        " ORDER BY stage_run_id",
        [[row["image_id"] for row in rows]],
    )
    stages: dict[UUID, list[Row]] = {row["image_id"]: [] for row in rows}
    for stage in await cursor.fetchall():
        stages[stage["image_id"]].append(stage)
    ordered = sorted(rows, key=lambda row: (row["job_id"], row["position"]))
    return [convert.image(row, stages[row["image_id"]]) for row in ordered]
