"""Photos by the key of their original: the row to lock for who needs a photo's objects, or deletes them.

The order of locks is photos by key, then images by id; docs/adr/0018-retention.md says why that is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.db import Connection
from selvage_api.images.v1 import images_pb2


async def hold(connection: Connection, originals: Iterable[images_pb2.ObjectRef]) -> set[str]:
    """Until the transaction ends nobody may delete these photos; afterwards they are as fresh as a new upload.

    Call it before rows that refer to them are written. Answers the keys that were not known, or whose original had
    expired: only for these the caller has to look, now, whether the object is there.
    """
    sizes = {original.key: original.size_bytes for original in originals}
    keys = sorted(sizes)
    cursor = await connection.execute(
        "INSERT INTO photos (key, size) SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT (key) DO NOTHING"
        " RETURNING key",
        [keys, [sizes[key] for key in keys]],
    )
    fresh = {row["key"] for row in await cursor.fetchall()}
    cursor = await connection.execute(
        "UPDATE photos p SET used_at = now(), gone = false"
        " FROM (SELECT key, gone FROM photos WHERE key = ANY(%s) ORDER BY key FOR UPDATE) AS old"
        " WHERE p.key = old.key RETURNING p.key, old.gone",
        [[key for key in keys if key not in fresh]],
    )
    return fresh | {row["key"] for row in await cursor.fetchall() if row["gone"]}
