"""The outbox of webhooks: messages, who is sending them, and the log of the attempts.

The audit's triggers write the rows (migration 0006). A sender claims a row for the time of a lease; the outcome is
written only by the claim that stands, so a sender that was given up for dead changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.db import Connection

Row = dict[str, Any]

WAITING, DELIVERED, FAILED, GIVEN_UP = "waiting", "delivered", "failed", "given_up"
STATES = (WAITING, DELIVERED, FAILED, GIVEN_UP)


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. `pause`: seconds until the next, None when there is none."""

    state: str
    status: int
    problem: str
    milliseconds: int
    pause: float | None = None


async def claim(connection: Connection, free: int, each: int, busy: Mapping[UUID, int], lease: float) -> list[Row]:
    """Takes up to `free` due messages, at most `each` less the `busy` ones of an endpoint, for `lease` seconds.

    Rows of the outbox with url, shop and secrets of the endpoint.
    """
    cursor = await connection.execute(
        "WITH due AS ("
        " SELECT d.delivery_id, e.url, e.shop, e.secrets FROM webhook_endpoints e"
        " LEFT JOIN unnest(%(endpoints)s::uuid[], %(counts)s::integer[]) AS b (endpoint_id, sending)"
        "  ON b.endpoint_id = e.endpoint_id"
        " CROSS JOIN LATERAL ("
        "  SELECT delivery_id, next_attempt_at FROM webhook_deliveries w WHERE w.endpoint_id = e.endpoint_id"
        "  AND state IN ('waiting', 'failed') AND next_attempt_at <= now()"
        "  ORDER BY next_attempt_at LIMIT greatest(%(each)s - coalesce(b.sending, 0), 0) FOR UPDATE SKIP LOCKED) AS d"
        " WHERE NOT e.disabled ORDER BY d.next_attempt_at LIMIT %(free)s)"
        " UPDATE webhook_deliveries w SET claim = claim + 1, next_attempt_at = now() + make_interval(secs => %(lease)s)"
        " FROM due WHERE w.delivery_id = due.delivery_id RETURNING w.*, due.url, due.shop, due.secrets",
        {"endpoints": list(busy), "counts": list(busy.values()), "each": each, "free": free, "lease": lease},
    )
    return await cursor.fetchall()


async def finish(connection: Connection, delivery_id: UUID, claim: int, outcome: Outcome) -> bool:
    """Writes how an attempt ended; False when the claim does not stand any more."""
    cursor = await connection.execute(
        "UPDATE webhook_deliveries SET state = %(state)s, attempts = attempts + 1, status = %(status)s,"
        " problem = %(problem)s, last_attempt_at = now(),"
        " next_attempt_at = now() + make_interval(secs => %(pause)s)"
        " WHERE delivery_id = %(delivery)s AND claim = %(claim)s",
        {
            "state": outcome.state, "status": outcome.status, "problem": outcome.problem, "pause": outcome.pause,
            "delivery": delivery_id, "claim": claim,
        },
    )  # fmt: skip
    if cursor.rowcount != 1:
        return False
    await connection.execute(
        "INSERT INTO webhook_attempts (delivery_id, status, problem, milliseconds) VALUES (%s, %s, %s, %s)",
        [delivery_id, outcome.status, outcome.problem, outcome.milliseconds],
    )
    return True


async def give_back(connection: Connection, claims: Sequence[tuple[UUID, int]]) -> None:
    """The sender stops: what it has not finished is due at once."""
    await connection.execute(
        "UPDATE webhook_deliveries w SET next_attempt_at = now()"
        " FROM unnest(%s::uuid[], %s::integer[]) AS c (id, claim)"
        " WHERE w.delivery_id = c.id AND w.claim = c.claim AND w.state IN ('waiting', 'failed')",
        [[delivery for delivery, _ in claims], [claim for _, claim in claims]],
    )


async def silent_since_first_tried(connection: Connection, delivery_id: UUID) -> bool:
    """Whether the endpoint has taken no message since it was first to take this one."""
    cursor = await connection.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM webhook_deliveries o WHERE o.endpoint_id = d.endpoint_id"
        " AND o.state = 'delivered' AND o.last_attempt_at >= first.at) AS silent"
        " FROM webhook_deliveries d, LATERAL (SELECT coalesce(min(at), d.created_at) AS at FROM webhook_attempts a"
        " WHERE a.delivery_id = d.delivery_id) AS first WHERE d.delivery_id = %s",
        [delivery_id],
    )
    row = await cursor.fetchone()
    return row is not None and bool(row["silent"])


async def insert_test(
    connection: Connection, delivery_id: UUID, endpoint_id: UUID, message_id: str, event: str, snapshot: Row
) -> Row:
    """A message outside the audit that is sent by who wrote it: claimed from the start, and by nobody else."""
    cursor = await connection.execute(
        "INSERT INTO webhook_deliveries (delivery_id, endpoint_id, message_id, event, happened_at, snapshot, claim,"
        " state, problem, next_attempt_at) VALUES (%s, %s, %s, %s, now(), %s, 1, 'given_up', 'not sent', NULL)"
        " RETURNING *",
        [delivery_id, endpoint_id, message_id, event, Jsonb(snapshot)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def page(
    connection: Connection, endpoint_id: UUID, before: int | None, size: int, states: Sequence[str] = ()
) -> list[Row]:
    """Newest first, each with its attempts as a list `log`."""
    return await _with_log(
        connection,
        "endpoint_id = %(endpoint)s AND (%(before)s::bigint IS NULL OR sequence < %(before)s)"
        " AND (%(states)s::text[] = '{}' OR state = ANY(%(states)s))",
        {"endpoint": endpoint_id, "before": before, "states": list(states), "size": size},
    )


async def get(connection: Connection, delivery_id: UUID) -> Row | None:
    found = await _with_log(connection, "delivery_id = %(delivery)s", {"delivery": delivery_id, "size": 1})
    return found[0] if found else None


async def replay(
    connection: Connection, endpoint_id: UUID, since: datetime, until: datetime | None, limit: int
) -> int | None:
    """Makes what the audit has in [since, until) due again, under the same ids; how many messages, None when more than
    `limit`. A message still in the outbox is sent as it was, one that was swept is made anew of what stands now."""
    wanted = (
        "SELECT v.event_id, v.job_id, v.image_id, v.from_state, v.to_state, v.at, name"
        " FROM webhook_endpoints e JOIN events v ON v.at >= %(since)s AND v.at < coalesce(%(until)s, now())"
        " JOIN jobs j ON j.job_id = v.job_id AND j.shop = e.shop"
        " CROSS JOIN LATERAL (SELECT webhook_event(v.kind, v.from_state, v.to_state) AS name) AS n"
        " WHERE e.endpoint_id = %(endpoint)s AND name IS NOT NULL AND (e.events = '{}' OR name = ANY(e.events))"
        " LIMIT %(limit)s + 1"
    )
    parameters = {"since": since, "until": until, "endpoint": endpoint_id, "limit": limit}
    cursor = await connection.execute(f"SELECT count(*) AS messages FROM ({wanted}) AS wanted", parameters)  # noqa: S608
    row = await cursor.fetchone()
    assert row is not None
    if row["messages"] > limit:
        return None
    await connection.execute(
        "INSERT INTO webhook_deliveries (endpoint_id, message_id, event, event_id, happened_at, snapshot)"  # noqa: S608
        " SELECT %(endpoint)s, webhook_message_id(%(endpoint)s, event_id), name, event_id, at,"
        f" webhook_snapshot(job_id, image_id, from_state, to_state) FROM ({wanted}) AS wanted ORDER BY event_id"
        " ON CONFLICT (endpoint_id, message_id) DO UPDATE SET state = 'waiting', attempts = 0,"
        " claim = webhook_deliveries.claim + 1, next_attempt_at = now() WHERE webhook_deliveries.state <> 'waiting'",
        parameters,
    )
    return int(row["messages"])


async def sweep(connection: Connection, days: float, limit: int) -> int:
    """Deletes old messages to which nothing more will happen, and those nobody has wanted for so long."""
    cursor = await connection.execute(
        "DELETE FROM webhook_deliveries WHERE delivery_id IN ("
        " SELECT d.delivery_id FROM webhook_deliveries d JOIN webhook_endpoints e USING (endpoint_id)"
        " WHERE d.created_at < now() - make_interval(secs => %(seconds)s)"
        " AND coalesce(d.last_attempt_at, d.created_at) < now() - make_interval(secs => %(seconds)s)"
        " AND (d.state IN ('delivered', 'given_up') OR e.disabled) LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED)",
        {"seconds": days * 86_400, "limit": limit},
    )
    return cursor.rowcount


async def backlog(connection: Connection) -> tuple[int, float]:
    """Messages that wait for an enabled endpoint, and the age of the oldest in seconds."""
    cursor = await connection.execute(
        "SELECT count(*) AS messages, coalesce(extract(epoch FROM now() - min(d.happened_at)), 0) AS age"
        " FROM webhook_deliveries d JOIN webhook_endpoints e USING (endpoint_id)"
        " WHERE d.state IN ('waiting', 'failed') AND NOT e.disabled"
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["messages"]), float(row["age"])


async def _with_log(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> list[Row]:
    cursor = await connection.execute(
        "SELECT d.*, coalesce((SELECT jsonb_agg(jsonb_build_object('at', extract(epoch FROM a.at), 'status', a.status,"  # noqa: S608
        " 'problem', a.problem, 'milliseconds', a.milliseconds) ORDER BY a.attempt_id)"
        " FROM webhook_attempts a WHERE a.delivery_id = d.delivery_id), '[]') AS log"
        f" FROM webhook_deliveries d WHERE {condition} ORDER BY sequence DESC LIMIT %(size)s",
        parameters,
    )
    return await cursor.fetchall()
