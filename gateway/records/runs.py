"""Runs of images: begun, past a stage, ended. Each statement serves many images and is a transaction of its own.

Every write names the run it belongs to and touches nothing when that run may not write any more. Rows are locked in the
order of their ids, so that statements never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway import words
from gateway.db import Connection
from gateway.engine import CLAIMED, GONE, HELD, Claim
from services.kit.metrics import STAGES

from .events import CHANNEL
from .history import NEVER_DECIDED, NEVER_ENDED
from .images import FinishedStage, Row

# Events in the order of jobs too: what listens to them (migration 0006) locks the job.
_BEGINNING = (
    " begun AS (UPDATE images i SET state = 'processing', run = i.run + 1, losses = i.losses + 1,"
    "  version = i.version + 1, updated_at = now() FROM old WHERE i.image_id = old.image_id"
    "  RETURNING i.image_id, i.task_id, i.job_id, i.run, i.shop, i.sku, i.image_no, i.shoot, i.category, i.tier,"
    "   i.template, i.due_at, i.original, i.verdict, i.tries, i.busy, i.losses, i.redo_from, i.redo_since,"
    "   old.state AS from_state, extract(epoch FROM now() - old.updated_at)::float8 AS waited),"
    " noted AS (INSERT INTO events (job_id, image_id, kind, from_state, to_state, detail)"
    "  SELECT job_id, image_id, 'run', from_state, 'processing', jsonb_build_object('run', run) FROM begun"
    "  ORDER BY job_id, image_id),"
    " told AS (SELECT begun.*, j.profile, j.created_at AS job_created_at, j.traceparent,"
    "  coalesce(nullif(begun.template, ''), j.template) AS template_asked,"
    # Of the stages to be done again only the records that are younger than that wish.
    "  CASE WHEN run > 1 THEN (SELECT coalesce(jsonb_agg(to_jsonb(latest)), '[]') FROM (SELECT DISTINCT ON (stage)"
    "    stage, key, outputs, numbers, seconds, attempt, reused FROM stage_runs r WHERE r.image_id = begun.image_id"
    "    AND NOT coalesce("
    "    array_position(%(stages)s::text[], r.stage) >= array_position(%(stages)s::text[], begun.redo_from)"
    "    AND r.stage_run_id <= begun.redo_since, false) ORDER BY stage, stage_run_id DESC) AS latest)"
    "   ELSE '[]' END AS passed,"
    "  run = 1 AND NOT EXISTS (SELECT 1 FROM images o WHERE o.original ->> 'key' = begun.original ->> 'key'"
    "   AND o.image_id <> begun.image_id) AS alone,"
    "  pg_notify(%(channel)s, begun.job_id || ' ' || begun.image_id) FROM begun JOIN jobs j USING (job_id))"
)
_BEGIN = (
    "WITH given AS (SELECT * FROM unnest(%(images)s::uuid[], %(tasks)s::bigint[], %(claims)s::integer[])"  # noqa: S608
    "  AS g (image_id, task_id, claim)),"
    " old AS (SELECT i.image_id, i.state, i.updated_at FROM images i JOIN given USING (image_id)"
    f"  JOIN procrastinate_jobs t ON t.id = given.task_id AND {HELD}"
    "  WHERE i.state = ANY(%(open)s) AND i.task_id = given.task_id ORDER BY i.image_id FOR UPDATE OF i FOR SHARE OF t),"
    f"{_BEGINNING} SELECT * FROM told"
)
# Other statements take the image first and its task then: this one, which has the task already, waits for no image.
_CLAIM = (
    f"WITH claimed AS MATERIALIZED ({CLAIMED}),"  # noqa: S608
    " given AS (SELECT (args ->> 'image_id')::uuid AS image_id, id AS task_id FROM claimed),"
    " old AS (SELECT i.image_id, i.state, i.updated_at FROM images i JOIN given USING (image_id)"
    "  WHERE i.state = ANY(%(open)s) AND i.task_id = given.task_id ORDER BY i.image_id FOR UPDATE OF i SKIP LOCKED),"
    f"{_BEGINNING} SELECT claimed.*, told.* FROM claimed LEFT JOIN told ON told.task_id = claimed.id"
)
# Stages passed, of `given` (image_id, run, stages): what they made, what the image shows, what its history says.
_PASSED = (
    " stages AS (SELECT g.image_id, g.run, s.* FROM given g JOIN moved USING (image_id, run)"
    "  CROSS JOIN ROWS FROM (jsonb_to_recordset(g.stages) AS (stage text, key text, outputs jsonb, numbers jsonb,"
    "   seconds float8, attempt integer, reused boolean, use jsonb)) WITH ORDINALITY"
    "  AS s (stage, key, outputs, numbers, seconds, attempt, reused, use, place)),"
    " kept AS (INSERT INTO results (key, stage, outputs, numbers, seconds)"
    "  SELECT DISTINCT ON (key) key, stage, outputs, numbers, seconds FROM stages WHERE NOT reused ORDER BY key"
    "  ON CONFLICT (key) DO UPDATE SET outputs = excluded.outputs, numbers = excluded.numbers"
    "  WHERE results.outputs <> excluded.outputs OR results.numbers <> excluded.numbers),"
    " noted AS (INSERT INTO stage_runs (image_id, stage, key, outputs, numbers, seconds, attempt, reused, use)"
    "  SELECT image_id, stage, key, outputs, numbers, seconds, attempt, reused, use FROM stages"
    "  ORDER BY image_id, place)"
)
_GIVEN_MAY_WRITE = (
    " old AS (SELECT i.image_id FROM images i JOIN given g USING (image_id) WHERE i.run = g.run"
    "  AND i.state = 'processing' ORDER BY i.image_id FOR UPDATE OF i),"
)
_TOLD = "pg_notify(%(channel)s, job_id || ' ' || image_id) AS told"
_STEP = (
    # What a crash of PostgreSQL takes of it is done again, so nobody waits for the disk.
    "WITH lazy AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS set),"  # noqa: S608
    " given AS (SELECT g.* FROM lazy,"
    "  jsonb_to_recordset(%(given)s) AS g (image_id uuid, run integer, stages jsonb) WHERE lazy.set IS NOT NULL),"
    f"{_GIVEN_MAY_WRITE}"
    " moved AS (UPDATE images i SET tries = 0, busy = 0, losses = 0, version = i.version + 1, updated_at = now()"
    "  FROM old WHERE i.image_id = old.image_id RETURNING i.image_id, i.job_id, i.run),"
    f"{_PASSED}"
    f" SELECT 'moved' AS what, image_id, run, '' AS key, NULL AS outputs, NULL AS numbers, {_TOLD} FROM moved"
    # As they were before this statement: nobody looks up what is recorded in the same moment.
    " UNION ALL SELECT 'known', NULL, NULL, key, outputs, numbers, NULL FROM results WHERE key = ANY(%(keys)s)"
)
_FINISH = (
    "WITH given AS (SELECT * FROM jsonb_to_recordset(%(given)s) AS g (image_id uuid, run integer, state text,"  # noqa: S608
    " confidence float8, reasons jsonb, files jsonb, verdict text, evidence jsonb, stages jsonb)),"
    f"{_GIVEN_MAY_WRITE}"
    " moved AS (UPDATE images i SET state = g.state, confidence = g.confidence, reasons = g.reasons, files = g.files,"
    "  error = NULL, verdict = '', redo_from = '', tries = 0, busy = 0, losses = 0, version = i.version + 1,"
    # Made anew; the original was not.
    "  expired = CASE WHEN 'originals' = ANY(i.expired) THEN '{originals}'::text[] ELSE '{}' END, updated_at = now()"
    "  FROM given g JOIN old USING (image_id) WHERE i.image_id = g.image_id AND i.run = g.run"
    "  RETURNING i.image_id, i.job_id, i.task_id, i.run, i.state, i.confidence, i.created_at,"
    "   i.updated_at),"
    f"{_PASSED},"
    " ended AS (INSERT INTO events (job_id, image_id, kind, from_state, to_state)"
    "  SELECT job_id, image_id, 'finished', 'processing', state FROM moved ORDER BY job_id, image_id),"
    " judged AS (INSERT INTO decisions (image_id, actor, reviewer, verdict, reason, seconds, confidence, evidence)"
    "  SELECT image_id, 'gate', '', g.verdict, '', 0, moved.confidence, g.evidence"
    "  FROM given g JOIN moved USING (image_id, run) WHERE g.verdict <> '')"
    f" SELECT image_id, run, task_id AS task, {GONE} AS gone,"
    " extract(epoch FROM updated_at - created_at)::float8 AS age, updated_at AS at,"
    # Without what this statement adds.
    f" {NEVER_ENDED} AS never_ended, {NEVER_DECIDED} AS never_decided, {_TOLD} FROM moved i"
)
_BEGIN_VALUES = {"open": list(words.OPEN), "stages": list(STAGES), "channel": CHANNEL}


@dataclass(frozen=True)
class Ended:
    """Of a run that ended: the image's age in seconds, when, what had not happened to it before, and its task;
    `gone` if that has ended too."""

    age: float
    at: datetime
    never_ended: bool
    never_decided: bool
    task: int
    gone: bool


_ENDED = tuple(field.name for field in fields(Ended))


@dataclass(frozen=True)
class Begun:
    """`row` is the image joined with what its job says; `passed` the latest record of each stage that still holds.

    `alone`: nobody has worked on this photo before, nor can anybody know a result that this run does not.
    """

    row: Row
    passed: Mapping[str, FinishedStage]
    alone: bool


@dataclass(frozen=True)
class Finished:
    """The end of a run. `verdict` is the gate's, approve or review; '' when a person had decided."""

    image_id: UUID
    run: int
    state: str
    confidence: float
    reasons: Sequence[Mapping[str, Any]]
    files: Sequence[Mapping[str, Any]]
    verdict: str
    evidence: Mapping[str, Any]
    # Passed and not recorded yet, in order.
    stages: Sequence[FinishedStage]


@dataclass(frozen=True)
class Step:
    """What a run has passed since it was last recorded, in order, and the key of what it would do next, '' for none."""

    image_id: UUID
    run: int
    stages: Sequence[FinishedStage]
    key: str = ""


@dataclass(frozen=True)
class Stepped:
    """`allowed`: the run may write. `known`: (outputs, numbers) that the key has given before, for whichever image."""

    allowed: bool
    known: tuple[Mapping[str, Any], Mapping[str, Any]] | None


async def begin(connection: Connection, given: Sequence[tuple[UUID, Claim]]) -> list[Begun | None]:
    """Starts runs of (image, claim of its task): earlier ones may write no more. `losses` counts runs that never said
    how they ended. None when there is nothing to do, as for a task that is not the image's present one, and when the
    claim does not stand any more: whose does would be stopped by a run that nobody would start again."""
    images, claims = zip(*given, strict=True)
    held = {"images": list(images), "tasks": [each.task for each in claims], "claims": [each.number for each in claims]}
    cursor = await connection.execute(_BEGIN, _BEGIN_VALUES | held)
    found = {(row["image_id"], row["task_id"]): _begun(row) for row in await cursor.fetchall()}
    return [found.get((image, each.task)) for image, each in given]


async def claim(connection: Connection, worker: int | None, most: int) -> tuple[list[Row], dict[Claim, Begun]]:
    """Claims tasks and begins their runs: the tasks, and what `begin` answers. Of a task that is not among the latter
    the statement knew no image that it could begin, as when that is made, or changed, in the same moment."""
    cursor = await connection.execute(_CLAIM, _BEGIN_VALUES | {"worker": worker, "most": most})
    tasks = await cursor.fetchall()
    return tasks, {Claim(row["id"], row["attempts"]): _begun(row) for row in tasks if row["task_id"] is not None}


def _begun(row: Row) -> Begun:
    return Begun(row, {stage["stage"]: FinishedStage(**stage) for stage in row["passed"]}, row["alone"])


async def step(connection: Connection, given: Sequence[Step]) -> list[Stepped]:
    """Records passed stages and looks up results. A run with nothing to record is not asked whether it may write."""
    rows = [_row(each, ("image_id", "run"), each.stages) for each in given if each.stages]
    keys = [each.key for each in given if each.key]
    cursor = await connection.execute(_STEP, {"given": Jsonb(rows), "keys": keys, "channel": CHANNEL})
    moved, known = set(), {}
    for row in await cursor.fetchall():
        if row["what"] == "moved":
            moved.add((row["image_id"], row["run"]))
        else:
            known[row["key"]] = (row["outputs"], row["numbers"])
    return [
        Stepped(not each.stages or (each.image_id, each.run) in moved, known.get(each.key) if each.key else None)
        for each in given
    ]


async def finish(connection: Connection, given: Sequence[Finished]) -> list[Ended | None]:
    """Ends runs; None where the run may not write any more."""
    own = ("image_id", "run", "state", "confidence", "reasons", "files", "verdict", "evidence")
    rows = [_row(each, own, each.stages) for each in given]
    cursor = await connection.execute(_FINISH, {"given": Jsonb(rows), "channel": CHANNEL})
    ended = {
        (row["image_id"], row["run"]): Ended(**{name: row[name] for name in _ENDED}) for row in await cursor.fetchall()
    }
    return [ended.get((each.image_id, each.run)) for each in given]


def _row(item: Step | Finished, fields: Sequence[str], stages: Sequence[FinishedStage]) -> dict[str, Any]:
    row = {name: getattr(item, name) for name in fields}
    return row | {"image_id": str(item.image_id), "stages": [vars(stage) for stage in stages]}
