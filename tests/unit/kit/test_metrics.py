"""Metric definitions: names, units, bounded labels, and the text a scrape gets."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import metrics

DEFINITIONS = list(metrics.definitions())
BOUNDED = {"service", "method", "code", "route", "status", "stage", "outcome", "state", "queue", "media_type"}
BOUNDED |= {"version", "component"}


def test_names_are_unique() -> None:
    names = [definition.name for definition in DEFINITIONS]
    assert len(names) >= 15
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_definition(definition: metrics.Definition) -> None:
    assert re.fullmatch(r"selvage_[a-z_]+", definition.name)
    assert definition.name.endswith("_total") == (definition.kind == "counter")
    assert definition.help.endswith(".")
    assert set(definition.labels) <= BOUNDED
    if definition.kind == "histogram":
        assert definition.name.endswith("_seconds")


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
