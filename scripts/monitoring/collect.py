"""Every expression of the committed dashboards and rule files, with where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RULES = ROOT / "deploy" / "prometheus" / "rules"


@dataclass(frozen=True)
class Expression:
    """`where` is "selvage-sla / panel title" or "rules/slo.yml / name of the rule"; `record` the name it makes."""

    where: str
    text: str
    record: str = ""
    alert: str = ""


def documents() -> dict[str, dict[str, Any]]:
    """The dashboards by file name."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Panels that show data, also those inside rows."""
    for panel in document["panels"]:
        yield from (inner for inner in [panel, *(panel.get("panels") or [])] if inner["type"] != "row")


def of_dashboards() -> list[Expression]:
    return [
        Expression(f"{document['uid']} / {panel['title']}", target["expr"])
        for document in documents().values()
        for panel in panels(document)
        for target in panel["targets"]
    ]


def of_rules() -> list[Expression]:
    return [
        Expression(
            f"rules/{path.name} / {rule.get('record') or rule['alert']}",
            rule["expr"],
            rule.get("record", ""),
            rule.get("alert", ""),
        )
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]
