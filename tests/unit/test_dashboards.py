"""Dashboards and rules: written from the code, on metrics that exist, with data sources that users choose."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.monitoring import __main__ as monitoring
from scripts.monitoring import collect, foreign
from scripts.monitoring.boards import cost
from scripts.monitoring.collect import Expression
from scripts.monitoring.objectives import BURNS, OBJECTIVES
from scripts.monitoring.promql import uses
from services.kit import metrics

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted((ROOT / "deploy" / "prometheus" / "tests").glob("*.yml"))
EXPRESSIONS = [*collect.of_dashboards(), *collect.of_rules()]
RECORDED = {each.record for each in collect.of_rules() if each.record}
OURS = {name: each for each in metrics.definitions() for name in each.series}
LABELS = (
    {name: {*each.labels, "le"} for name, each in OURS.items()}
    | {name: set(labels) for name, labels in (foreign.TRITON | foreign.DCGM | foreign.PROMETHEUS).items()}
)  # fmt: skip
ALERTS = {each.alert for each in EXPRESSIONS if each.alert}


def problems(expression: Expression) -> list[str]:
    use = uses(expression.text)
    unknown = sorted(use.metrics - LABELS.keys() - RECORDED)
    if unknown:
        return [f"{expression.where}: nobody exports {', '.join(unknown)}"]
    if use.metrics & RECORDED:
        return []  # its labels are those its own rule keeps
    known = set(foreign.OF_THE_TARGET).union(*(LABELS[name] for name in use.metrics)) if use.metrics else set()
    return [f"{expression.where}: no metric has the label {label}" for label in sorted(use.labels - known)]


@pytest.mark.parametrize("path", monitoring.files(), ids=lambda path: str(path.name))
def test_files_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == monitoring.files()[path], "run python -m scripts.monitoring"


def test_no_dashboard_is_left_over() -> None:
    assert {path.name for path in collect.DASHBOARDS.iterdir()} == {
        path.name for path in monitoring.files() if path.suffix == ".json"
    }


def test_every_metric_and_label_exists() -> None:
    assert [line for expression in EXPRESSIONS for line in problems(expression)] == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sum(rate(selvage_pictures_total[5m]))", "nobody exports selvage_pictures_total"),
        ("selvage_stage_duration_seconds", "nobody exports selvage_stage_duration_seconds"),  # has parts only
        ("selvage:images_late:ratio_rate7h > 1", "nobody exports selvage:images_late:ratio_rate7h"),
        ("sum by (shop) (selvage_images_total)", "no metric has the label shop"),
        ('nv_inference_count{stage="x"}', "no metric has the label stage"),
    ],
)
def test_what_does_not_exist_is_found(text: str, complaint: str) -> None:
    assert problems(Expression("here", text)) == [f"here: {complaint}"]


@pytest.mark.parametrize(
    ("text", "names", "labels"),
    [
        ("vector(1.8)", set(), set()),
        ("up == 1e6", {"up"}, set()),
        ('a{b="c{d}", e=~"f"}[5m] offset 1h', {"a"}, {"b", "e"}),
        ("sum by (x) (rate(a_total[5m])) / on (y) group_left (z) max(b) and c", {"a_total", "b", "c"}, {"x", "y", "z"}),
        ("1 - m:n:rate5m / 0.01 or vector(0)", {"m:n:rate5m"}, set()),
        ('{job="j"}', set(), {"job"}),
    ],
)
def test_names_of_an_expression(text: str, names: set[str], labels: set[str]) -> None:
    assert set(uses(text).metrics) == names
    assert set(uses(text).labels) == labels


def test_what_every_gateway_says_is_not_added_up() -> None:
    """Gauges read from the database are the same in each gateway: first max, then whatever."""
    wrong = [
        f"{expression.where}: {name}"
        for expression in EXPRESSIONS
        for name in uses(expression.text).metrics
        if name in OURS
        and OURS[name].scope == "database"
        # `max by (...) (name` or `max(name`, and nothing in between
        and not re.search(rf"max(?: by \([^)]*\))? ?\({name}\b", expression.text)
    ]
    assert wrong == []


def test_dashboards_have_their_own_ids_and_no_data_source_of_ours() -> None:
    documents = collect.documents()
    uids = [document["uid"] for document in documents.values()]
    assert len(set(uids)) == len(uids)
    for name, document in documents.items():
        assert name == f"{document['uid']}.json"
        assert document["templating"]["list"][0]["type"] == "datasource"
        assert _datasources(document) == {"${datasource}"}, name
        ids = [panel["id"] for panel in document["panels"]]
        assert len(set(ids)) == len(ids), name
        for panel in collect.panels(document):
            assert panel["title"] and panel["description"], name


def _datasources(node: Any) -> set[str]:
    """The uid of every data source anywhere in a dashboard."""
    if isinstance(node, list):
        return set().union(*map(_datasources, node))
    if not isinstance(node, dict):
        return set()
    here = {node["datasource"]["uid"]} if isinstance(node.get("datasource"), dict) else set()
    return here.union(*map(_datasources, node.values()))


def test_grafanas_own_types_read_every_dashboard() -> None:
    """Read by grafana-foundation-sdk's models and written again: nothing is unknown to the schema and dropped."""
    plugins.register_default_plugins()
    for name, document in collect.documents().items():
        again = json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder))
        assert again == document, name


def test_the_baseline_is_that_of_the_price_list() -> None:
    prices = yaml.safe_load((ROOT / "gateway" / "ledger" / "prices.yaml").read_text(encoding="utf-8"))
    assert prices["baseline"]["cost"] == cost.OUTSOURCED


def test_panels_do_not_overlap() -> None:
    for name, document in collect.documents().items():
        taken: set[tuple[int, int]] = set()
        for panel in document["panels"]:
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert not cells & taken, f"{name}: {panel['title']}"
            assert at["x"] + at["w"] <= 24, f"{name}: {panel['title']}"
            taken |= cells


def test_burn_rates_are_those_of_the_workbook() -> None:
    assert [(burn.rate, burn.long, burn.short, burn.severity) for burn in BURNS] == [
        (14.4, "1h", "5m", "page"), (6, "6h", "30m", "page"), (1, "3d", "6h", "ticket"),
    ]  # fmt: skip
    assert [(objective.target, objective.allowed) for objective in OBJECTIVES] == [(0.99, 0.01), (0.995, 0.005)]


def test_each_alert_is_tested_to_fire_to_be_quiet_and_to_end() -> None:
    told: dict[str, list[list[bool]]] = {}
    for path in TESTS:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            steps: dict[str, list[bool]] = {}
            for step in test["alert_rule_test"]:
                steps.setdefault(step["alertname"], []).append(bool(step["exp_alerts"]))
            for alert, fires in steps.items():
                told.setdefault(alert, []).append(fires)
    assert told.keys() == ALERTS
    for alert, runs in told.items():
        whole = [fires for fires in runs if True in fires and not fires[0] and not fires[-1]]
        assert whole, f"{alert}: no test in which it is quiet, fires and ends"


def test_each_alert_says_what_to_do() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).strip().replace(" ", "-")
        for line in page.splitlines() if line.startswith("#")
    }  # fmt: skip
    for path in sorted(collect.RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                if "alert" not in rule:
                    continue
                assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
                file, _, anchor = rule["annotations"]["runbook"].partition("#")
                assert file == "docs/monitoring.md" and anchor in anchors, rule["alert"]
                assert rule["alert"] in page, rule["alert"]
