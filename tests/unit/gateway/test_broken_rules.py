"""Which rules an export breaks, from the numbers of the compose stage."""

from __future__ import annotations

from gateway.records import convert
from gateway.stages.compose import broken_rules
from selvage_api.compose.v1 import compose_service_pb2 as pb


def report(preset: str, *rules: tuple[str, str]) -> dict[str, object]:
    results = [pb.RuleResult(rule="r", verdict=verdict, detail=detail) for verdict, detail in rules]
    return convert.to_json(pb.ComplianceReport(preset=preset, rules=results))


def test_only_failures_count_and_each_sentence_once() -> None:
    numbers = {
        "compliance": [
            report("ebay", ("pass", "A."), ("warn", "B.")),
            report("amazon_main", ("fail", "C."), ("warn", "D."), ("fail", "E.")),
            report("amazon_main", ("fail", "C.")),
        ]
    }
    assert broken_rules(numbers) == {"amazon_main": "C. E."}


def test_what_an_earlier_release_recorded_breaks_nothing() -> None:
    assert broken_rules({"scale": 1.0}) == {}
    assert broken_rules({"compliance": [{"preset": "walmart"}]}) == {}
