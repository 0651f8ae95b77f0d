"""ReportsService."""

from __future__ import annotations

from selvage_api.reports.v1 import reports_service_pb2 as pb
from tests.contract.gateway.method_table import FIELDS, INVALID, Row, always

BUDGET = pb.Budget(shop="shop", month="2026-11", amount=50)

# Costs grow with every look at them: overhead is booked all the time.
ROWS = (
    Row(
        "GetCosts", always(pb.GetCostsRequest(from_month="2025-01")),
        (
            (pb.GetCostsRequest(from_month="yesterday"), INVALID),
            (pb.GetCostsRequest(from_month="2026-02", to_month="2026-01"), INVALID),
            (pb.GetCostsRequest(from_month="2020-01", to_month="2026-01"), INVALID),
            (pb.GetCostsRequest(group_by=["sku"]), INVALID),
            (pb.GetCostsRequest(shop="No Shop"), INVALID),
        ),
    ),
    Row(
        "GetBudget", always(pb.GetBudgetRequest(shop="shop", month="2025-01")),
        ((pb.GetBudgetRequest(), INVALID), (pb.GetBudgetRequest(shop="shop", month="2026-13"), INVALID)),
    ),
    Row(
        "SetBudget", always(pb.SetBudgetRequest(budget=BUDGET)),
        (
            (pb.SetBudgetRequest(), INVALID),
            (pb.SetBudgetRequest(budget=pb.Budget(shop="shop", amount=-1)), FIELDS),
            (pb.SetBudgetRequest(budget=pb.Budget(shop="shop", amount=float("nan"))), FIELDS),
        ),
    ),
)  # fmt: skip
