"""What may be asked about money: protos in, protos out. Used by gRPC, REST and the commands."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from gateway.access.errors import EveryShopNeeded
from gateway.access.principal import Role, current, require
from gateway.db import Database
from gateway.errors import FieldsInvalid
from gateway.keys import valid_shop
from selvage_api.reports.v1 import reports_service_pb2 as pb
from services.kit.errors import InvalidArgument

from . import budgets, months, reports
from .prices import BaselineCost
from .reports import Asked, Sums

LARGEST_AMOUNT = 1e9
LONGEST_MONTHS = 36
DEFAULT_GROUP = ("category",)


class Reports:
    """An administrator of one shop sees that shop; budgets are set by one of every shop."""

    def __init__(self, database: Database, baseline: BaselineCost) -> None:
        self._database = database
        self._baseline = baseline

    async def get_costs(self, request: pb.GetCostsRequest) -> pb.GetCostsResponse:
        """Raises InvalidArgument, ShopForbidden."""
        require(Role.ADMIN)
        asked = _asked(request)
        async with self._database.transaction() as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            groups = await reports.sums(connection, asked)
            total = await reports.sums(connection, Asked(asked.begin, asked.end, asked.shop))
            currency = await reports.currency(connection)
        rows = [_row(one, dict(zip(asked.group_by, group, strict=True))) for group, one in sorted(groups.items())]
        answer = pb.GetCostsResponse(
            currency=currency,
            rows=rows,
            total=_row(total[()], {"shop": asked.shop}),
            baseline=pb.Baseline(cost=float(self._baseline.cost), rework_rate=self._baseline.rework_rate),
            from_month=months.name(asked.begin),
            to_month=request.to_month or request.from_month or months.name(asked.begin),
        )
        if answer.total.HasField("full_per_approved"):
            answer.baseline.saved_per_approved = answer.baseline.cost - answer.total.full_per_approved
        return answer

    async def get_budget(self, request: pb.GetBudgetRequest) -> pb.GetBudgetResponse:
        """Raises InvalidArgument, ShopForbidden."""
        require(Role.ADMIN, shop=request.shop or None)
        valid_shop(request.shop)
        first = months.first_day(request.month, "month")
        async with self._database.transaction() as connection:
            found = await budgets.standing(connection, request.shop, first, datetime.now(UTC))
            currency = await reports.currency(connection)
        return pb.GetBudgetResponse(
            budget=pb.Budget(shop=request.shop, month=months.name(first), amount=found.amount or 0.0),
            currency=currency,
            spent=found.spent,
            forecast=found.forecast,
            state=f"BUDGET_STATE_{found.state.upper()}",
        )

    async def set_budget(self, request: pb.SetBudgetRequest) -> pb.SetBudgetResponse:
        """Raises InvalidArgument, FieldsInvalid, EveryShopNeeded."""
        require(Role.ADMIN)
        if current().shop:
            raise EveryShopNeeded
        budget = request.budget
        valid_shop(budget.shop)
        first = months.first_day(budget.month, "budget.month")
        if not (math.isfinite(budget.amount) and 0 <= budget.amount <= LARGEST_AMOUNT):
            raise FieldsInvalid.of([("budget.amount", f"must be between 0 and {LARGEST_AMOUNT:.0f}")])
        async with self._database.transaction() as connection:
            await budgets.put(connection, budget.shop, first, budget.amount)
        return pb.SetBudgetResponse(budget=pb.Budget(shop=budget.shop, month=months.name(first), amount=budget.amount))


def _asked(request: pb.GetCostsRequest) -> Asked:
    shop = request.shop or current().shop
    if shop:
        require(Role.ADMIN, shop=valid_shop(shop))
    begin = months.first_day(request.from_month, "from_month")
    last = months.first_day(request.to_month or request.from_month, "to_month")
    if last < begin:
        raise InvalidArgument(field="to_month", problem="is before from_month")
    if (last.year - begin.year) * 12 + last.month - begin.month >= LONGEST_MONTHS:
        raise InvalidArgument(field="to_month", problem=f"at most {LONGEST_MONTHS} months at once")
    group_by = tuple(dict.fromkeys(request.group_by)) or DEFAULT_GROUP
    for name in group_by:
        if name not in reports.COLUMNS:
            raise InvalidArgument(field="group_by", problem=f"is of {', '.join(reports.COLUMNS)}")
    return Asked(begin, months.after(last), shop, group_by)


def _row(one: Sums, group: dict[str, str]) -> pb.CostRow:
    row = pb.CostRow(
        **group,  # type: ignore[arg-type]
        images=one.images,
        approved=one.approved,
        reworked=one.reworked,
        untouched=one.untouched,
        costs=pb.Costs(**one.costs, overhead=one.overhead, idle=one.idle),
        marginal=one.marginal,
        full=one.full,
        rework_rate=one.reworked / one.ever_approved if one.ever_approved else 0.0,
        cpu_seconds=one.quantities.get("cpu", 0.0),
        gpu_seconds=one.quantities.get("gpu", 0.0),
        human_seconds=one.quantities.get("human", 0.0),
        approved_per_hour=one.approved / one.active_hours if one.active_hours else 0.0,
    )
    if one.approved:
        row.marginal_per_approved = one.marginal / one.approved
        row.full_per_approved = one.full / one.approved
        row.human_minutes_per_approved = row.human_seconds / 60 / one.approved
    return row
