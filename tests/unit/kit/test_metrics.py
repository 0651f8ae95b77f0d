"""Metric definitions: names, units, bounded labels, and the text a scrape gets."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import metrics

DEFINITIONS = list(metrics.definitions())
# Every label there is, and why its values are few.
FIXED = {"stage", "outcome", "state", "tier", "actor", "verdict", "queue", "media_type", "kind"}
OF_THE_CODE = {"service", "method", "code", "route", "status", "version", "component"}
OFFERED = {"profile", "template", "revision", "model_version"}  # a handful that somebody has installed
HELD = {"reason", "category", "shop"}  # others choose them: through Few or bounded
LABELS = FIXED | OF_THE_CODE | OFFERED | HELD


def test_names_are_unique() -> None:
    names = [definition.name for definition in DEFINITIONS]
    assert len(names) >= 50
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_definition(definition: metrics.Definition) -> None:
    """https://prometheus.io/docs/practices/naming"""
    assert re.fullmatch(r"selvage_[a-z]+(_[a-z]+)*", definition.name)
    assert definition.name.endswith("_total") == (definition.kind == "counter")
    assert not re.search(r"_(count|sum|bucket|created|milliseconds|minutes|hours|kb|mb|percent)$", definition.name)
    assert len(definition.help) > 10
    assert definition.help.endswith(".")
    assert set(definition.labels) <= LABELS
    assert not [label for label in definition.labels if label.endswith("id") or label in ("sku", "image", "job", "key")]
    assert definition.unit == "seconds" or definition.kind != "histogram"
    assert sorted(definition.buckets) == list(definition.buckets)


def test_everything_exported_is_defined() -> None:
    """Nobody makes a metric elsewhere; on Linux the numbers of the process are defined too."""
    exported = {family.name for family in metrics.REGISTRY.collect()} - {"python_info"}
    defined = {definition.name.removesuffix("_total") for definition in DEFINITIONS}
    assert exported <= defined
    assert defined - exported <= {each.removesuffix("_total") for each in defined if "_process_" in each}


def test_what_expressions_may_name() -> None:
    by_name = {definition.name: definition for definition in DEFINITIONS}
    assert by_name["selvage_review_seconds"].series == (
        "selvage_review_seconds_bucket",
        "selvage_review_seconds_sum",
        "selvage_review_seconds_count",
    )
    assert by_name["selvage_images_total"].series == ("selvage_images_total",)


def test_states_are_those_of_the_api() -> None:
    images = [name.removeprefix("IMAGE_STATE_").lower() for name in images_pb2.ImageState.keys()[1:]]
    jobs = [name.removeprefix("JOB_STATE_").lower() for name in jobs_service_pb2.JobState.keys()[1:]]
    assert (list(metrics.IMAGE_STATES), list(metrics.JOB_STATES)) == (images, jobs)


def test_what_is_recorded_is_exposed() -> None:
    def value(name: str, **labels: str) -> float:
        return metrics.REGISTRY.get_sample_value(name, labels) or 0.0

    stage, state = {"stage": "matting", "outcome": "done"}, {"state": "approved"}
    before = (
        value("selvage_stage_duration_seconds_count", **stage),
        value("selvage_stage_duration_seconds_sum", **stage),
        value("selvage_images_total", **state),
        value("selvage_image_age_seconds_bucket", **state, le="3600.0"),
    )
    metrics.observe_stage("matting", "done", 1.5)
    metrics.count_image("approved", 1800)
    text, content_type = metrics.exposition()
    assert content_type.startswith("text/plain")
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }
    after = (
        samples["selvage_stage_duration_seconds_count", tuple(sorted(stage.items()))],
        samples["selvage_stage_duration_seconds_sum", tuple(sorted(stage.items()))],
        samples["selvage_images_total", tuple(sorted(state.items()))],
        samples["selvage_image_age_seconds_bucket", tuple(sorted((state | {"le": "3600.0"}).items()))],
    )
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1.5, 1, 1]


def test_open_metrics_when_asked() -> None:
    text, content_type = metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


@pytest.mark.parametrize(("stage", "outcome"), [("image-17", "done"), ("matting", "perhaps")])
def test_unknown_stages_and_outcomes_are_refused(stage: str, outcome: str) -> None:
    with pytest.raises(ValueError, match="unknown"):
        metrics.observe_stage(stage, outcome, 1.0)


def test_unknown_states_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown"):
        metrics.count_image("NEEDS_REVIEW", 1.0)


def test_bounded_keeps_the_heaviest() -> None:
    weights = {"shoes": 3.0, "bags": 2.0, "": 50.0, "hats": 1.0, "belts": 1.0}
    assert metrics.bounded(weights, most=3) == {
        "shoes": "shoes",
        "bags": "bags",
        "belts": "belts",
        "hats": "other",
        "": "none",
    }


def test_few_never_moves_a_series() -> None:
    few = metrics.Few(most=2)
    assert [few(word) for word in ("a", "b", "c", "a", "")] == ["a", "b", "other", "a", "none"]


def test_mirrors_show_what_was_last_replaced() -> None:
    costs = metrics.IMAGE_COST
    costs.replace({("cpu", "shoes", "white", "1"): 2.5, ("gpu", "shoes", "white", "1"): 0.5})
    costs.replace({("cpu", "shoes", "white", "1"): 3.5})
    text, _ = metrics.exposition()
    lines = [line for line in text.decode().splitlines() if "image_cost_currency" in line]
    assert lines == [
        "# HELP selvage_image_cost_currency_total What images have cost so far.",
        "# TYPE selvage_image_cost_currency_total counter",
        'selvage_image_cost_currency_total{category="shoes",kind="cpu",model_version="1",template="white"} 3.5',
    ]
    with pytest.raises(ValueError, match="has the labels"):
        costs.replace({("cpu",): 1.0})
    costs.replace({})
