"""Cut-outs drawn in one style, by content key, in the table of all results."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.db import Connection
from selvage_api.compose.v1 import compose_service_pb2

from . import convert

ROLE = "cutout"


async def find(connection: Connection, key: str) -> compose_service_pb2.RenderCutoutResponse | None:
    cursor = await connection.execute("SELECT numbers FROM results WHERE key = %s", [key])
    row = await cursor.fetchone()
    return convert.from_json(row["numbers"], compose_service_pb2.RenderCutoutResponse()) if row else None


async def segmented(connection: Connection, image_id: UUID) -> dict[str, Any]:
    """The numbers of the segmentation an image rests on."""
    cursor = await connection.execute(
        "SELECT numbers FROM stage_runs WHERE image_id = %s AND stage = 'segment' ORDER BY stage_run_id DESC LIMIT 1",
        [image_id],
    )
    row = await cursor.fetchone()
    return dict(row["numbers"]) if row else {}


async def remember(
    connection: Connection, key: str, stage: str, drawn: compose_service_pb2.RenderCutoutResponse, seconds: float
) -> None:
    outputs = {ROLE: convert.to_json(drawn.file.object)}
    await connection.execute(
        "INSERT INTO results (key, stage, outputs, numbers, seconds) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (key) DO UPDATE SET outputs = excluded.outputs, numbers = excluded.numbers",
        [key, stage, Jsonb(outputs), Jsonb(convert.to_json(drawn)), seconds],
    )
