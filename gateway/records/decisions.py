"""The append-only record of what the gate and people decided, with the numbers it rested on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.db import Connection

GATE = "gate"
PERSON = "person"


async def append(
    connection: Connection,
    image_id: UUID,
    actor: str,
    verdict: str,
    *,
    reviewer: str = "",
    reason: str = "",
    seconds: float = 0.0,
    confidence: float | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """`verdict`: approve, review (by the gate only) or reject (by a person only)."""
    await connection.execute(
        "INSERT INTO decisions (image_id, actor, reviewer, verdict, reason, seconds, confidence, evidence)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [image_id, actor, reviewer, verdict, reason, seconds, confidence, Jsonb(dict(evidence or {}))],
    )
