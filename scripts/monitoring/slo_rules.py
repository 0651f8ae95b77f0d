"""The rule file of the objectives: ratios and counts of every window, and three alerts each."""

from __future__ import annotations

from typing import Any

import yaml

from .objectives import BURNS, OBJECTIVES, WINDOWS, Burn, Objective

HEADER = """# Written by `python -m scripts.monitoring` from scripts/monitoring/objectives.py. DO NOT EDIT.
"""
RUNBOOK = "docs/monitoring.md#"
SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21600, "3d": 259200, "30d": 2592000}


def document() -> str:
    groups = [_group(objective) for objective in OBJECTIVES]
    return HEADER + yaml.safe_dump({"groups": groups}, sort_keys=False, width=120)


def _group(objective: Objective) -> dict[str, Any]:
    rules: list[dict[str, Any]] = []
    for window in WINDOWS:
        bad, every = (_over(expr, window) for expr in (objective.bad, objective.all))
        rules += [
            {"record": f"selvage:{objective.key}:ratio_rate{window}", "expr": f"{bad} / {every}"},
            {"record": f"selvage:{objective.key}:volume{window}", "expr": f"{every} * {SECONDS[window]}"},
        ]
    rules += [_alert(objective, burn) for burn in BURNS]
    return {"name": f"selvage-slo-{objective.key.replace('_', '-')}", "rules": rules}


def _alert(objective: Objective, burn: Burn) -> dict[str, Any]:
    ratio, events = f"selvage:{objective.key}:ratio_rate", f"selvage:{objective.key}:volume"
    limit = f"{burn.rate * objective.allowed:g}"
    return {
        "alert": f"{objective.alert}{burn.suffix}",
        "expr": f"{ratio}{burn.long} > {limit} and {ratio}{burn.short} > {limit}"
        # Half an event less, since increases are extrapolated.
        f" and {events}{burn.long} > {objective.least_all - 0.5:g}"
        f" and {ratio}{burn.long} * {events}{burn.long} > {objective.least_bad - 0.5:g}",
        "labels": {"severity": burn.severity, "objective": objective.key},
        "annotations": {
            "summary": f"{{{{ $value | humanizePercentage }}}} of {objective.what}",
            "description": f"The error budget of {objective.target:.1%} in 30 days burns {burn.rate:g} times too fast"
            f" over {burn.long} and still over {burn.short}.",
            "runbook": RUNBOOK + objective.anchor,
        },
    }


def _over(expr: str, window: str) -> str:
    return expr.replace("%s", window)
