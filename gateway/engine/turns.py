"""The order of tasks: SQL over Procrastinate's table, for `engine.py` alone (docs/adr/0011).

Three queues share the workers. Within a queue each shop counts turns of its own: a shop that arrives begins at the turn
the queue has reached, so its five images stand among the next ones of a shop that has ten thousand waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from gateway.db import Connection

QUEUES = {priority: f"images-{priority}" for priority in ("rush", "normal", "bulk")}

# The turn the queue has reached is that of its first ready task. Where none waits, all shops begin alike.
_REACHED = (
    "coalesce((SELECT -priority FROM procrastinate_jobs WHERE queue_name = %(queue)s AND status = 'todo'"
    " AND scheduled_at IS NULL ORDER BY priority DESC, id LIMIT 1),"
    " (SELECT max(next_turn) FROM turns WHERE queue = %(queue)s), 0)"
)
_TAKE_TURNS = (
    f"INSERT INTO turns AS t (queue, shop, next_turn) VALUES (%(queue)s, %(shop)s, {_REACHED} + %(count)s)"  # noqa: S608
    " ON CONFLICT (queue, shop) DO UPDATE SET next_turn = greatest(t.next_turn, excluded.next_turn - %(count)s)"
    " + %(count)s RETURNING next_turn - %(count)s AS first"
)
_ADD = (
    "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)"
    " SELECT %(queue)s, %(task)s, -(%(first)s + place - 1),"
    " jsonb_build_object('image_id', image_id, 'shop', %(shop)s::text)"
    " FROM unnest(%(images)s::uuid[]) WITH ORDINALITY AS given (image_id, place) ORDER BY place"
    " RETURNING id, (args ->> 'image_id')::uuid AS image_id"
)
# What a shop takes back leaves no hole that the rest of its images would have to sit out.
_CLOSE_UP = (
    f"WITH reached AS (SELECT {_REACHED} AS turn), moved AS ("  # noqa: S608
    " UPDATE procrastinate_jobs j SET priority = -(reached.turn + rest.place - 1) FROM reached, ("
    "  SELECT id, row_number() OVER (ORDER BY priority DESC, id)::integer AS place FROM procrastinate_jobs"
    "  WHERE queue_name = %(queue)s AND status = 'todo' AND scheduled_at IS NULL"
    "   AND args ->> 'shop' = %(shop)s) AS rest"
    " WHERE j.id = rest.id RETURNING j.id)"
    " UPDATE turns SET next_turn = reached.turn + (SELECT count(*) FROM moved)::integer FROM reached"
    " WHERE turns.queue = %(queue)s AND turns.shop = %(shop)s"
)


async def add(connection: Connection, task: str, queue: str, shop: str, images: Sequence[UUID]) -> dict[UUID, int]:
    """Queues the images of a shop in this order; their tasks."""
    values = {"queue": queue, "shop": shop, "count": len(images), "task": task, "images": list(images)}
    cursor = await connection.execute(_TAKE_TURNS, values)
    row = await cursor.fetchone()
    assert row is not None
    cursor = await connection.execute(_ADD, values | {"first": row["first"]})
    return {row["image_id"]: row["id"] for row in await cursor.fetchall()}


async def remove(connection: Connection, tasks: Sequence[int]) -> None:
    """Takes tasks that have not started out of their queues; the shops' later ones move up."""
    cursor = await connection.execute(
        "WITH gone AS (DELETE FROM procrastinate_jobs WHERE id = ANY(%s) AND status = 'todo'"
        " RETURNING queue_name, args ->> 'shop' AS shop) SELECT DISTINCT queue_name, shop FROM gone"
        " ORDER BY queue_name, shop",
        [list(tasks)],
    )
    for row in await cursor.fetchall():
        values = {"queue": row["queue_name"], "shop": row["shop"]}
        # Shops take turns one transaction at a time.
        await connection.execute("SELECT 1 FROM turns WHERE queue = %(queue)s AND shop = %(shop)s FOR UPDATE", values)
        await connection.execute(_CLOSE_UP, values)
