"""The ledger as Prometheus series, by category, template and model version, with their number bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from gateway import background
from gateway.db import Database
from services.kit import metrics

from . import budgets, months, reports
from .reports import Asked, Sums

EVERY_SECONDS = 60.0
GROUP = ("category", "template", "model_version")
ALL_TIME = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def bounded(groups: Mapping[tuple[str, ...], Sums]) -> dict[tuple[str, ...], list[Sums]]:
    """The groups with few values of each label, those of the highest cost."""
    labels: list[dict[str, str]] = []
    for place in range(len(GROUP)):
        weights: dict[str, float] = defaultdict(float)
        for group, one in groups.items():
            weights[group[place]] += one.full
        labels.append(metrics.bounded(weights))
    found = defaultdict(list)
    for group, one in groups.items():
        found[tuple(label[value] for label, value in zip(labels, group, strict=True))].append(one)
    return dict(found)


async def refresh(database: Database) -> None:
    now = datetime.now(UTC)
    first = months.first_day("", "")
    async with database.transaction() as connection:
        groups = bounded(await reports.sums(connection, Asked(*ALL_TIME, group_by=GROUP)))
        ratios: dict[tuple[str, ...], float] = {}
        for shop in await budgets.shops(connection):
            standing = await budgets.standing(connection, shop, first, now)
            if standing.amount:
                ratios[shop,] = standing.spent / standing.amount
    costs: dict[tuple[str, ...], float] = {}
    approved: dict[tuple[str, ...], float] = {}
    each: dict[tuple[str, ...], float] = {}
    for group, several in groups.items():
        for kind in reports.MARGINAL:
            costs[kind, *group] = sum(one.costs.get(kind, 0.0) for one in several)
        costs["fixed", *group] = sum(one.overhead + one.idle for one in several)
        approved[group] = float(sum(one.approved for one in several))
        if approved[group]:
            each[*group, "marginal"] = sum(one.marginal for one in several) / approved[group]
            each[*group, "full"] = sum(one.full for one in several) / approved[group]
    metrics.IMAGE_COST.replace(costs)
    metrics.APPROVED_IMAGES.replace(approved)
    metrics.COST_PER_APPROVED_IMAGE.replace(each)
    metrics.BUDGET_USED_RATIO.replace(ratios)


async def refresh_forever(database: Database) -> None:
    """Until cancelled; while the database is away the series stay as they were."""
    await background.forever(lambda: refresh(database), EVERY_SECONDS, "cost_series_failed")
