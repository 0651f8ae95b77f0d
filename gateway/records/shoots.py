"""Shoots: their plate, frozen once, and the photos submitted under their name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from gateway.db import Connection
from selvage_api.images.v1 import images_pb2
from selvage_api.shoots.v1 import shoots_service_pb2 as pb

from . import convert

Row = dict[str, Any]

NONE, PHOTOS, EMPTY_FRAME, UNUSABLE = "none", "photos", "empty_frame", "unusable"
_WITH_IMAGES = (
    "SELECT s.*, (SELECT count(*) FROM images i WHERE i.shop = s.shop AND i.shoot = s.name AND i.shoot <> '')::int"
    " AS images FROM shoots s "
)


@dataclass(frozen=True)
class Frozen:
    """What became of a plate. `plate` is None when it is of no use; `detail` then says why."""

    source: str
    plate: images_pb2.ObjectRef | None
    photos: int
    detail: str
    numbers: Mapping[str, Any]


async def remember(connection: Connection, shop: str, names: Collection[str]) -> None:
    """Makes rows for shoots that have none; in order, so that nobody waits for another in a circle."""
    await connection.execute(
        "INSERT INTO shoots (shop, name) SELECT %s, name FROM unnest(%s::text[]) AS n (name) ORDER BY name"
        " ON CONFLICT DO NOTHING",
        [shop, sorted(set(names))],
    )


async def get(connection: Connection, shop: str, name: str, *, lock: bool = False) -> Row:
    """The row, which every shoot of an image has; with `lock` kept from others until the transaction ends."""
    ending = sql.SQL(" FOR UPDATE" if lock else "")
    query = sql.SQL("SELECT * FROM shoots WHERE shop = %s AND name = %s") + ending
    row = await (await connection.execute(query, [shop, name])).fetchone()
    assert row is not None
    return row


async def photos(connection: Connection, shop: str, name: str) -> list[images_pb2.ObjectRef]:
    """The different photos of a shoot that have not expired, in the order they came."""
    cursor = await connection.execute(
        "SELECT original FROM (SELECT DISTINCT ON (original ->> 'key') original, image_id FROM images"
        "  WHERE shop = %s AND shoot = %s AND shoot <> '' AND NOT 'originals' = ANY(expired)"
        "  ORDER BY original ->> 'key', image_id) AS different ORDER BY image_id",
        [shop, name],
    )
    return [convert.object_ref(row["original"]) for row in await cursor.fetchall()]


async def freeze(connection: Connection, shop: str, name: str, frozen: Frozen) -> None:
    """Call it with the row locked."""
    await connection.execute(
        "UPDATE shoots SET source = %s, plate = %s, photos = %s, detail = %s, numbers = %s, frozen_at = now()"
        " WHERE shop = %s AND name = %s",
        [
            frozen.source, convert.column(frozen.plate) if frozen.plate else None, frozen.photos, frozen.detail,
            Jsonb(dict(frozen.numbers)), shop, name,
        ],
    )  # fmt: skip


async def set_empty_frame(connection: Connection, shop: str, name: str, frame: images_pb2.ObjectRef) -> None:
    """Call it with the row locked. A plate that was of no use makes room."""
    await connection.execute(
        "UPDATE shoots SET empty_frame = %s, version = version + (source = 'unusable')::int, source = 'none',"
        " plate = NULL, photos = 0, detail = '', numbers = '{}', frozen_at = NULL WHERE shop = %s AND name = %s",
        [convert.column(frame), shop, name],
    )


async def message(connection: Connection, shop: str, name: str) -> pb.Shoot | None:
    cursor = await connection.execute(_WITH_IMAGES + "WHERE s.shop = %s AND s.name = %s", [shop, name])
    row = await cursor.fetchone()
    return to_message(row) if row else None


async def page(connection: Connection, shop: str, after: tuple[str, str], size: int) -> list[pb.Shoot]:
    """In order of shop and name, those after (shop, name). An empty shop means all."""
    cursor = await connection.execute(
        _WITH_IMAGES + "WHERE (%(shop)s = '' OR s.shop = %(shop)s) AND (s.shop, s.name) > (%(after)s, %(name)s)"
        " ORDER BY s.shop, s.name LIMIT %(size)s",
        {"shop": shop, "after": after[0], "name": after[1], "size": size},
    )
    return [to_message(row) for row in await cursor.fetchall()]


def to_message(row: Row) -> pb.Shoot:
    def reference(name: str) -> images_pb2.ObjectRef | None:
        return convert.object_ref(row[name]) if row[name] else None

    return pb.Shoot(
        shop=row["shop"],
        name=row["name"],
        images=row["images"],
        plate_source=row["source"],
        plate_photos=row["photos"],
        plate=reference("plate"),
        detail=row["detail"],
        empty_frame=reference("empty_frame"),
        create_time=convert.timestamp(row["created_at"]),
        freeze_time=convert.timestamp(row["frozen_at"]),
    )
