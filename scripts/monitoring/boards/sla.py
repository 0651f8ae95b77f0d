"""Are we in time? Images against their due time, the API against its objective, and how fast the budgets burn."""

from __future__ import annotations

from scripts.monitoring.objectives import API, IMAGES, Objective
from scripts.monitoring.panels import AMBER, GREEN, RED, Board, Panel, Step, above, below, lines, numbers, stacked

BURNING = (Step(None, GREEN), Step(1, AMBER), Step(6, RED))


def _left(objective: Objective) -> Panel:
    return numbers(
        f"Error budget left: {objective.what}",
        "Share of what may go wrong in 30 days that has not gone wrong yet. Below zero the promise is broken.",
        (f"1 - selvage:{objective.key}:ratio_rate30d / {objective.allowed:g}", "left"),
        unit="percentunit", decimals=1, low=None, steps=above(0.1, 0.5),
    )  # fmt: skip


def _burning(objective: Objective) -> Panel:
    return lines(
        f"Burn rate: {objective.what}",
        "1 uses up the budget of 30 days in 30 days. 14.4 over 1 h or 6 over 6 h rings, 1 over 3 days makes a ticket.",
        *(
            (f"selvage:{objective.key}:ratio_rate{window} / {objective.allowed:g}", f"over {window}")
            for window in ("5m", "1h", "6h", "3d")
        ),
        steps=BURNING,
    )


BOARD = Board(
    uid="selvage-sla",
    title="Selvage: in time",
    answers="Are images finished when they were promised, and does the API answer?",
    rows=(
        (
            "Promises of the last 30 days",
            (
                numbers(
                    "Images finished in time",
                    "Ended before they were due, and not by a fault of ours. Promised: 99 %.",
                    ("1 - selvage:images_late:ratio_rate30d", "in time"),
                    unit="percentunit", decimals=2, steps=above(0.98, 0.99),
                ),
                _left(IMAGES),
                numbers(
                    "API calls answered",
                    "Calls of REST and gRPC that did not fail by a fault of ours. Promised: 99.5 %.",
                    ("1 - selvage:api_errors:ratio_rate30d", "answered"),
                    unit="percentunit", decimals=2, steps=above(0.99, 0.995),
                ),
                _left(API),
            ),
        ),
        (
            "Images",
            (
                _burning(IMAGES),
                stacked(
                    "Images finished an hour",
                    "Late ones on top of those in time.",
                    ("sum(rate(selvage_images_in_time_total[$__rate_interval])) * 3600", "in time"),
                    ("(sum(rate(selvage_images_finished_total[$__rate_interval]))"
                     " - sum(rate(selvage_images_in_time_total[$__rate_interval]))) * 3600", "late or failed"),
                ),
                lines(
                    "Images overdue now",
                    "Not finished although they were due. They count as late only when they end, so look here first.",
                    ("max by (tier) (selvage_images_overdue)", "{{tier}}"),
                    steps=below(1, 10),
                ),
                lines(
                    "Age when approved",
                    "Time from upload to approval, review included.",
                    *(
                        (f"histogram_quantile({q}, sum by (le) ("
                         'rate(selvage_image_age_seconds_bucket{state="approved"}[$__rate_interval])))', name)
                        for q, name in ((0.5, "half"), (0.95, "95 %"))
                    ),
                    unit="s",
                ),
            ),
        ),
        (
            "API",
            (
                _burning(API),
                lines(
                    "Failed calls",
                    "By our fault, a second. REST by route, gRPC by method.",
                    ('sum by (route, status) (rate(selvage_http_requests_total{status=~"5.."}[$__rate_interval]))',
                     "{{route}} {{status}}"),
                    ('sum by (method, code) (rate(selvage_rpc_requests_total{code=~"UNKNOWN|INTERNAL|UNAVAILABLE'
                     '|DATA_LOSS"}[$__rate_interval]))', "{{method}} {{code}}"),
                    unit="reqps",
                ),
            ),
        ),
    ),
)  # fmt: skip
