"""Bookings. Each has a name under which it is booked once; prices are those of the database at the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from psycopg.types.json import Jsonb

from gateway.db import Connection
from selvage_api.usage.v1 import usage_service_pb2

STAGES = {
    "Intake": "intake",
    "EstimatePlate": "plate",
    "Segment": "segment",
    "Matte": "matting",
    "ResolveWindow": "matting",
    "Compose": "compose",
    "RenderCutout": "cutout",
    "Preview": "preview",
}
"""What a method of a service does, as the ledger calls it; others keep their name."""
_DAY = timedelta(days=1, microseconds=-1)
LONGEST_GAP = timedelta(days=62)
"""After a longer stop the days and hours before are nobody's."""


async def use(connection: Connection, entries: Sequence[usage_service_pb2.Entry]) -> int:
    """What services say their calls used; how many bookings were new.

    An entry for an image costs that image. All other time, also for images that are gone, is overhead.
    """
    rows = [
        {
            "booking": f"use:{entry.use.process}:{entry.use.sequence}",
            "charge": entry.charge_to,
            "stage": STAGES.get(entry.method, entry.method),
            "cpu": entry.use.cpu_seconds,
            "gpu": entry.use.gpu_seconds,
            "model": entry.use.model_cpu_seconds,
        }
        for entry in entries
    ]
    cursor = await connection.execute(
        "WITH given AS (SELECT g.*, i.image_id, coalesce(i.shop, '') AS shop,"
        "  CASE WHEN i.image_id IS NULL THEN 'overhead' ELSE 'cpu' END AS cpu_kind"
        "  FROM jsonb_to_recordset(%s) AS g (booking text, charge text, stage text, cpu float8, gpu float8,"
        "  model float8) LEFT JOIN images i ON i.image_id::text = g.charge),"
        " parts AS (SELECT booking, cpu_kind AS kind, image_id, shop, stage, cpu AS quantity FROM given"
        "  UNION ALL SELECT booking, 'gpu', image_id, shop, stage, gpu FROM given"
        "  UNION ALL SELECT booking || ':model', cpu_kind, image_id, shop, stage, model FROM given)"
        " SELECT book(array_agg(booking), array_agg(kind), array_agg(image_id), array_agg(shop), array_agg(stage),"
        "  array_agg(quantity), now()) AS booked FROM parts",
        [Jsonb(rows)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["booked"] or 0)


async def egress(connection: Connection, name: str, sent: Mapping[str, int]) -> None:
    """Bytes that left for clients, by image. `name` is that of the whole: the same again is not booked again."""
    await connection.execute(
        "SELECT book(array_agg(%(name)s || i.image_id), array_agg('egress'::text), array_agg(i.image_id),"
        " array_agg(i.shop), array_agg('download'::text), array_agg(g.value::float8), now())"
        " FROM jsonb_each_text(%(sent)s) AS g JOIN images i ON i.image_id::text = g.key",
        {"name": f"egress:{name}:", "sent": Jsonb(dict(sent))},
    )


async def storage(connection: Connection, now: datetime) -> int:
    """Books each day (UTC) until now that is not booked yet, as byte-days; how many days.

    What is stored at the first look of a day stands for the day. The objects of a photo are shared by its images in
    equal parts; those of photos without an image belong to their shop alone.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    mark = await _mark(connection, "storage", today - timedelta(days=1))
    day = max(mark, today - LONGEST_GAP) + timedelta(days=1)
    days = 0
    while day <= today:
        await connection.execute(
            "WITH objects AS ("
            "  SELECT split_part(key, '/', 1) AS shop, split_part(key, '/', 2) AS photo, size AS bytes FROM photos"
            "   WHERE NOT gone"
            "  UNION ALL SELECT split_part(key, '/', 1), split_part(key, '/', 2), outputs_bytes(outputs) FROM results"
            "   WHERE outputs <> '{}' AND created_at < %(end)s"
            "  UNION ALL SELECT shop, 'improvements/' || (photo ->> 'sha256'), (photo ->> 'size_bytes')::bigint"
            "   FROM (SELECT DISTINCT shop, photo FROM improvements) AS kept),"
            " held AS (SELECT shop, photo, sum(bytes)::float8 AS bytes FROM objects GROUP BY shop, photo),"
            " users AS (SELECT image_id, shop, split_part(original ->> 'key', '/', 2) AS photo,"
            "  count(*) OVER (PARTITION BY shop, original ->> 'key') AS users FROM images WHERE created_at < %(end)s),"
            " parts AS (SELECT coalesce(u.image_id::text, held.shop || '/' || held.photo) AS who, u.image_id,"
            "  held.shop, held.bytes / coalesce(u.users, 1) AS bytes FROM held LEFT JOIN users u USING (shop, photo))"
            " SELECT book(array_agg(%(day)s || who), array_agg('storage'::text), array_agg(image_id), array_agg(shop),"
            "  array_agg('storage'::text), array_agg(bytes), %(at)s) FROM parts",
            {"day": f"storage:{day:%Y-%m-%d}:", "end": day + timedelta(days=1), "at": min(now, day + _DAY)},
        )
        day += timedelta(days=1)
        days += 1
    await _set_mark(connection, "storage", today)
    return days


async def nodes(connection: Connection, now: datetime) -> int:
    """Books the hours of nodes held that have passed since they were last booked; how many.

    The first look at a node begins its first hour; a node that is in the prices no longer is forgotten.
    """
    cursor = await connection.execute("SELECT (prices_at(%s)).nodes AS nodes", [now])
    row = await cursor.fetchone()
    held: dict[str, str] = (row["nodes"] if row else None) or {}
    await connection.execute(
        "DELETE FROM ledger_marks WHERE what LIKE 'node:%%' AND NOT what = ANY(%s)", [[f"node:{name}" for name in held]]
    )
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = 0
    for name in sorted(held):
        mark = await _mark(connection, f"node:{name}", this_hour)
        hour = max(mark, this_hour - LONGEST_GAP)
        while hour < this_hour:
            await connection.execute(
                "INSERT INTO ledger (booking, kind, image_id, shop, stage, quantity, amount, price_version, at)"
                " SELECT %(booking)s, 'fixed', NULL, '', '', 1, coalesce((p.nodes ->> %(name)s)::numeric, 0),"
                "  p.version, %(hour)s FROM prices_at(%(hour)s) AS p ON CONFLICT DO NOTHING",
                {"booking": f"fixed:{name}:{hour:%Y-%m-%dT%H}", "name": name, "hour": hour},
            )
            hour += timedelta(hours=1)
            hours += 1
        await _set_mark(connection, f"node:{name}", this_hour)
    return hours


async def _mark(connection: Connection, what: str, first: datetime) -> datetime:
    """How far it is booked, locked until the transaction ends."""
    await connection.execute("INSERT INTO ledger_marks VALUES (%s, %s) ON CONFLICT DO NOTHING", [what, first])
    cursor = await connection.execute("SELECT until FROM ledger_marks WHERE what = %s FOR UPDATE", [what])
    row = await cursor.fetchone()
    assert row is not None
    until: datetime = row["until"]
    return until.astimezone(UTC)


async def _set_mark(connection: Connection, what: str, until: datetime) -> None:
    await connection.execute("UPDATE ledger_marks SET until = greatest(until, %s) WHERE what = %s", [until, what])
