"""A report as rows of a table, for CSV and for terminals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from selvage_api.reports.v1 import reports_service_pb2 as pb

KINDS = ("cpu", "gpu", "storage", "egress", "human", "overhead", "idle")
FIGURES = (
    "images", "approved", "untouched", "reworked", "rework_rate", *KINDS, "marginal", "full", "marginal_per_approved",
    "full_per_approved", "cpu_seconds", "gpu_seconds", "human_seconds", "human_minutes_per_approved",
    "approved_per_hour",
)  # fmt: skip


def figure(row: pb.CostRow, name: str) -> float | int | None:
    """None for what is not known while nothing is approved."""
    if name in KINDS:
        return float(getattr(row.costs, name))
    if name.endswith("_per_approved") and not row.approved:
        return None
    value: float | int = getattr(row, name)
    return value


def to_csv(report: pb.GetCostsResponse, group_by: Sequence[str]) -> str:
    """A line a group, without the total; money in the currency of the report, in full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*group_by, "currency", *FIGURES])
    writer.writerows(_lines(report, group_by))
    return out.getvalue()


def _lines(report: pb.GetCostsResponse, group_by: Sequence[str]) -> Iterator[list[object]]:
    for row in report.rows:
        figures = (figure(row, name) for name in FIGURES)
        groups = (_safe(str(getattr(row, name))) for name in group_by)
        yield [*groups, report.currency, *("" if value is None else value for value in figures)]


def _safe(text: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
