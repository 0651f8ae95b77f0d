"""selvage_api.reports.v1.ReportsService."""

from __future__ import annotations

from typing import Any

from gateway.ledger.handlers import Reports
from selvage_api.reports.v1 import reports_service_pb2 as pb
from selvage_api.reports.v1 import reports_service_pb2_grpc


class ReportsServicer(reports_service_pb2_grpc.ReportsServiceServicer):
    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    async def GetCosts(self, request: pb.GetCostsRequest, context: Any) -> pb.GetCostsResponse:
        return await self._reports.get_costs(request)

    async def GetBudget(self, request: pb.GetBudgetRequest, context: Any) -> pb.GetBudgetResponse:
        return await self._reports.get_budget(request)

    async def SetBudget(self, request: pb.SetBudgetRequest, context: Any) -> pb.SetBudgetResponse:
        return await self._reports.set_budget(request)
