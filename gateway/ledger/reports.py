"""Sums of the ledger by what images have in common, with what became of them.

The machines' cost that is no image's own (overhead of processes, idle hours of nodes held) is shared month by month, in
proportion to what the work of the images cost on machines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql

from gateway.db import Connection

MARGINAL = ("cpu", "gpu", "storage", "egress", "human")
COLUMNS = ("shop", "month", "category", "template", "model_version")
"""What can be grouped by."""
MONTH = "to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM')"
Group = tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A period, one shop ('' for all) and names of COLUMNS."""

    begin: datetime
    end: datetime
    shop: str = ""
    group_by: tuple[str, ...] = ()


@dataclass
class Sums:
    """Of one group. Costs and quantities by kind; `overhead` and `idle` are its share."""

    costs: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    quantities: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    overhead: float = 0.0
    idle: float = 0.0
    images: int = 0
    approved: int = 0
    ever_approved: int = 0
    reworked: int = 0
    untouched: int = 0
    active_hours: int = 0

    @property
    def marginal(self) -> float:
        return sum(self.costs.values())

    @property
    def full(self) -> float:
        return self.marginal + self.overhead + self.idle


async def currency(connection: Connection) -> str:
    cursor = await connection.execute("SELECT currency FROM ledger_prices LIMIT 1")
    row = await cursor.fetchone()
    return str(row["currency"]) if row else ""


async def sums(connection: Connection, asked: Asked) -> dict[Group, Sums]:
    """By the values of `group_by`, in its order. Without one there is exactly one group, ()."""
    found: dict[Group, Sums] = defaultdict(Sums)
    if not asked.group_by:
        found[()] = Sums()
    shared = await _shared(connection, asked)
    for row in await _rows(connection, _COSTS, asked, "the_month"):
        one = found[_group(row, asked)]
        kind, amount = row["kind"], float(row["amount"])
        one.costs[kind] += amount
        one.quantities[kind] += row["quantity"]
        month = shared.get(row["the_month"])
        if month and kind in ("cpu", "gpu") and month.machines:
            one.overhead += month.overhead * amount / month.machines
            one.idle += month.idle * amount / month.machines
    if not asked.group_by and not asked.shop:  # all of it, also of months without any work
        found[()].overhead = sum(month.overhead for month in shared.values())
        found[()].idle = sum(month.idle for month in shared.values())
    for row in await _rows(connection, _IMAGES, asked, "the_month"):
        found[_group(row, asked)].images = row["images"]
    for row in await _rows(connection, _APPROVED, asked, MONTH.format(at="approved_at")):
        one = found[_group(row, asked)]
        for name in ("approved", "ever_approved", "reworked", "untouched", "active_hours"):
            setattr(one, name, row[name])
    return dict(found)


@dataclass
class _Month:
    machines: float = 0.0
    overhead: float = 0.0
    fixed: float = 0.0

    @property
    def idle(self) -> float:
        """Of nodes held, what is not booked for work done on them."""
        return max(self.fixed - self.machines - self.overhead, 0.0) if self.fixed else 0.0


_BOOKED = (
    "WITH booked AS (SELECT l.image_id, l.shop, l.kind, to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM') AS the_month,"
    " sum(l.amount) AS amount, sum(l.quantity) AS quantity FROM ledger l WHERE l.at >= %(begin)s AND l.at < %(end)s"
    " AND l.kind = ANY(%(kinds)s) AND (%(shop)s = '' OR l.shop = %(shop)s) GROUP BY l.image_id, l.shop, l.kind, 4),"
    " facts AS (SELECT b.*, coalesce(f.category, '') AS category, coalesce(f.template, '') AS template,"
    " coalesce(f.model_version, '') AS model_version FROM booked b LEFT JOIN ledger_images f USING (image_id))"
)
_COSTS = (
    "{booked} SELECT {columns}the_month, kind, sum(amount) AS amount, sum(quantity) AS quantity FROM facts"
    " GROUP BY the_month, kind{group}"
)
_IMAGES = "{booked} SELECT {columns}count(DISTINCT image_id) AS images FROM facts GROUP BY (){group}"
_APPROVED = (
    "SELECT {columns}count(*) AS ever_approved, count(*) FILTER (WHERE approved) AS approved,"
    " count(*) FILTER (WHERE reworked) AS reworked, count(*) FILTER (WHERE approved AND NOT touched) AS untouched,"
    " count(DISTINCT date_trunc('hour', approved_at)) AS active_hours FROM ledger_images"
    " WHERE updated_at >= %(begin)s AND approved_at >= %(begin)s AND approved_at < %(end)s"
    " AND (%(shop)s = '' OR shop = %(shop)s) GROUP BY (){group}"
)


async def _rows(connection: Connection, statement: str, asked: Asked, month: str) -> list[Mapping[str, Any]]:
    columns = {name: month if name == "month" else name for name in asked.group_by}
    text = statement.format(
        booked=_BOOKED,
        columns="".join(f"{column} AS {name}, " for name, column in columns.items()),
        group="".join(f", {column}" for column in columns.values()),
    )
    parameters = {"begin": asked.begin, "end": asked.end, "shop": asked.shop, "kinds": list(MARGINAL)}
    cursor = await connection.execute(sql.SQL(text), parameters)
    return list(await cursor.fetchall())


def _group(row: Mapping[str, Any], asked: Asked) -> Group:
    return tuple(str(row[name]) for name in asked.group_by)


async def _shared(connection: Connection, asked: Asked) -> dict[str, _Month]:
    """Of all shops: what is shared is shared by all."""
    cursor = await connection.execute(
        "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, kind, sum(amount) AS amount FROM ledger"
        " WHERE at >= %s AND at < %s AND kind IN ('cpu', 'gpu', 'overhead', 'fixed') GROUP BY 1, 2",
        [asked.begin, asked.end],
    )
    months: dict[str, _Month] = defaultdict(_Month)
    for row in await cursor.fetchall():
        name = "machines" if row["kind"] in ("cpu", "gpu") else row["kind"]
        setattr(months[row["month"]], name, getattr(months[row["month"]], name) + float(row["amount"]))
    return dict(months)
