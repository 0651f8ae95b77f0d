"""The routes of cost reports and budgets."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gateway.access.errors import EveryShopNeeded
from gateway.access.principal import Role
from gateway.errors import FieldsInvalid, ShopForbidden
from gateway.ledger import table
from gateway.ledger.handlers import DEFAULT_GROUP, Reports
from selvage_api.reports.v1 import reports_service_pb2 as pb
from services.kit.errors import InvalidArgument

from . import bodies
from .access import in_path
from .operation import Operation, Parameter


@dataclass(frozen=True)
class ReportRoutes:
    reports: Reports

    def table(self) -> list[Operation]:
        admin, tag = (Role.ADMIN,), "reports"
        month = Parameter("month", 'A month (UTC) such as "2026-11"; the present one when empty.')
        return [
            Operation(
                "getCosts", "GET", "/v1/reports/costs", self.get_costs, "What approved images cost",
                answer=pb.GetCostsResponse, roles=admin, errors=(ShopForbidden,), tag=tag,
                parameters=(
                    Parameter("shop", "The shop; empty for all."),
                    Parameter("from_month", 'First month (UTC) such as "2026-11"; the present one when empty.'),
                    Parameter("to_month", "Last month; the same when empty."),
                    Parameter("group_by", "Of shop, month, category, template, model_version.", "array"),
                    Parameter("format", 'Empty for JSON, or "csv".'),
                ),
            ),
            Operation(
                "getBudget", "GET", "/v1/budgets/{shop}", self.get_budget, "Budget of a shop, what is spent, forecast",
                answer=pb.GetBudgetResponse, roles=admin, errors=(ShopForbidden,), tag=tag, parameters=(month,),
            ),
            Operation(
                "setBudget", "PUT", "/v1/budgets/{shop}", self.set_budget, "Set the budget of a shop from a month on",
                body=pb.SetBudgetRequest, answer=pb.SetBudgetResponse, roles=admin, tag=tag,
                errors=(FieldsInvalid, EveryShopNeeded),
            ),
        ]  # fmt: skip

    async def get_costs(self, request: Request) -> Response:
        query = request.query_params
        if query.get("format", "") not in ("", "json", "csv"):
            raise InvalidArgument(field="format", problem="is json or csv")
        asked = [name.strip() for each in query.getlist("group_by") for name in each.split(",") if name.strip()]
        message = pb.GetCostsRequest(
            shop=query.get("shop", ""),
            from_month=query.get("from_month", ""),
            to_month=query.get("to_month", ""),
            group_by=asked,
        )
        answer = await self.reports.get_costs(message)
        if query.get("format", "") == "csv":
            text = table.to_csv(answer, list(dict.fromkeys(asked)) or DEFAULT_GROUP)
            return Response(text, media_type="text/csv", headers={"Cache-Control": "no-store"})
        return bodies.answer(answer, Cache_Control="no-store")

    async def get_budget(self, request: Request) -> Response:
        month = request.query_params.get("month", "")
        message = pb.GetBudgetRequest(shop=request.path_params["shop"], month=month)
        return bodies.answer(await self.reports.get_budget(message))

    async def set_budget(self, request: Request) -> Response:
        message = await bodies.read(request, pb.SetBudgetRequest())
        message.budget.shop = in_path(request, "shop", message.budget.shop)
        return bodies.answer(await self.reports.set_budget(message))
