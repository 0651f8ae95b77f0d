"""Budgets of shops by month, what is spent, and where that leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from gateway.db import Connection

from . import months


class State(StrEnum):
    NONE = "none"
    OK = "ok"
    AT_RISK = "at_risk"
    EXCEEDED = "exceeded"


@dataclass(frozen=True)
class Standing:
    """Of one shop in one month. `amount` is None without a budget; `forecast` is for the end of the month."""

    amount: float | None
    spent: float
    forecast: float

    @property
    def state(self) -> State:
        if self.amount is None:
            return State.NONE
        if self.spent > self.amount:
            return State.EXCEEDED
        return State.AT_RISK if self.forecast > self.amount else State.OK


def forecast(spent: float, first: datetime, now: datetime) -> float:
    """`spent` and, for each remaining day, what a day so far has cost. On the first day that day counts as whole."""
    end = months.after(first)
    if now >= end:
        return spent
    so_far = max(now - first, timedelta(days=1))
    return spent + spent * (max(end - first - so_far, timedelta()) / so_far)


async def put(connection: Connection, shop: str, first: datetime, amount: float) -> None:
    """Holds from this month on, until a later one has another."""
    await connection.execute(
        "INSERT INTO budgets (shop, month, amount) VALUES (%s, %s, %s)"
        " ON CONFLICT (shop, month) DO UPDATE SET amount = excluded.amount, updated_at = now()",
        [shop, first.date(), Decimal(repr(amount))],
    )


async def standing(connection: Connection, shop: str, first: datetime, now: datetime) -> Standing:
    """What is spent is the marginal cost: cost that is shared by all shops is in no shop's hand."""
    cursor = await connection.execute(
        "SELECT (SELECT amount FROM budgets WHERE shop = %(shop)s AND month <= %(day)s ORDER BY month DESC LIMIT 1)"
        " AS budget, (SELECT coalesce(sum(amount), 0) FROM ledger WHERE shop = %(shop)s AND at >= %(first)s"
        " AND at < %(end)s AND kind NOT IN ('overhead', 'fixed')) AS spent",
        {"shop": shop, "day": first.date(), "first": first, "end": months.after(first)},
    )
    row = await cursor.fetchone()
    assert row is not None
    amount = None if row["budget"] is None else float(row["budget"])
    spent = float(row["spent"])
    return Standing(amount, spent, forecast(spent, first, now) if now >= first else 0.0)


async def shops(connection: Connection) -> list[str]:
    """Those that have a budget."""
    cursor = await connection.execute("SELECT DISTINCT shop FROM budgets ORDER BY shop")
    return [row["shop"] for row in await cursor.fetchall()]
