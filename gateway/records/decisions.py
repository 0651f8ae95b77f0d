"""The append-only record of what the gate and people decided, with the numbers it rested on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.db import Connection
from selvage_api.review.v1alpha1 import review_service_pb2 as pb

from . import convert

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
    key_id: str = "",
) -> None:
    """`verdict`: approve, review (by the gate only), reject, fix or art_direction (by a person only)."""
    await connection.execute(
        "INSERT INTO decisions (image_id, actor, reviewer, verdict, reason, seconds, confidence, evidence,"
        " key_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [image_id, actor, reviewer, verdict, reason, seconds, confidence, Jsonb(dict(evidence or {})), key_id],
    )


async def of(connection: Connection, image_id: UUID) -> list[pb.Decision]:
    """Those about one image, oldest first."""
    cursor = await connection.execute("SELECT * FROM decisions WHERE image_id = %s ORDER BY decision_id", [image_id])
    return [
        pb.Decision(
            decision_id=row["decision_id"],
            image_id=str(row["image_id"]),
            actor=row["actor"],
            reviewer=row["reviewer"],
            verdict=f"VERDICT_{row['verdict'].upper()}",
            reason=row["reason"],
            seconds=row["seconds"],
            confidence=row["confidence"] or 0.0,
            time=convert.timestamp(row["decided_at"]),
            key_id=row["key_id"],
        )
        for row in await cursor.fetchall()
    ]
