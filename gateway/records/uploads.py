"""Photos the gateway has put into the object store, so that a job of thousands is checked by one query."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.db import Connection
from selvage_api.images.v1 import images_pb2

from . import photos


async def remember(connection: Connection, upload: images_pb2.ObjectRef) -> None:
    """Afterwards, when this is committed, look once more whether the object is there, and put it again if not: until
    then an older upload of the same photo may be swept away."""
    await photos.hold(connection, [upload])
    await connection.execute(
        "INSERT INTO uploads (key, sha256, size, media_type) VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
        [upload.key, upload.sha256, upload.size_bytes, upload.media_type],
    )


async def find(connection: Connection, keys: Sequence[str]) -> dict[str, images_pb2.ObjectRef]:
    cursor = await connection.execute("SELECT * FROM uploads WHERE key = ANY(%s)", [list(keys)])
    return {
        row["key"]: images_pb2.ObjectRef(
            key=row["key"], sha256=row["sha256"], size_bytes=row["size"], media_type=row["media_type"]
        )
        for row in await cursor.fetchall()
    }
