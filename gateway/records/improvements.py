"""Photos given to improve the cut-outs."""

from __future__ import annotations

from uuid import UUID

from gateway.db import Connection
from selvage_api.images.v1 import images_pb2

from . import convert


async def add(
    connection: Connection, improvement_id: UUID, shop: str, photo: images_pb2.ObjectRef, filename: str, tag: str
) -> UUID:
    """The id of this photo under this tag: the given one, or that it has had before."""
    cursor = await connection.execute(
        "INSERT INTO improvements (improvement_id, shop, photo, filename, tag) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (shop, (photo ->> 'sha256'), tag) DO UPDATE SET filename = excluded.filename"
        " RETURNING improvement_id",
        [improvement_id, shop, convert.column(photo), filename, tag],
    )
    row = await cursor.fetchone()
    assert row is not None
    found: UUID = row["improvement_id"]
    return found
