"""One trace an image, from the call that brought it through the queue and the real gRPC boundary."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from selvage_api.review.v1alpha1 import review_service_pb2 as pb
from services.kit import metrics, tracing
from tests.parts.house import House
from tests.parts.otlp import Collector, collector

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def sink() -> Iterator[Collector]:
    with collector() as made:
        tracing.configure("gateway", tracing.TracingSettings(endpoint=made.address))
        try:
            yield made
        finally:
            tracing.close()


async def test_an_image_has_one_trace_over_runs_and_decisions(sink: Collector, house: House) -> None:
    house.behaviour.numbers = lambda _sha256, numbers: setattr(numbers, "band_confidence", 0.1)
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    await house.review.Decide(pb.DecideRequest(image_id=image.image_id, verdict=pb.VERDICT_APPROVE, etag=image.etag))
    await house.ended(job.job_id)
    tracing.close()

    trace = UUID(image.image_id).hex
    service = "selvage_api.{0}.v1.{1}Service"
    served = {
        "plate": ("segment", "EstimatePlate"),
        "segment": ("segment", "Segment"),
        "matting": ("matting", "Matte"),
        "compose": ("compose", "Compose"),
    }
    wanted = {"image", "image > queue", "image > run", "image > review"}
    for stage in ("intake", "plate", "segment", "matting", "gate", "compose"):
        wanted.add(f"image > run > stage {stage}")
        if stage in served:
            room, method = served[stage]
            called = f"image > run > stage {stage} > call {room}"
            wanted |= {called, f"{called} > {service.format(room, room.capitalize())}/{method}"}
    tree = sink.tree(trace)
    # Now and then a service is asked to describe itself.
    described = {path for path in tree if path.endswith("Describe")}
    described |= {path.rpartition(" > ")[0] for path in described}
    assert set(tree) - (described - wanted) == wanted
    spans = [each for each in sink.taken if each.trace == trace]
    assert [each.attributes["selvage.run"] for each in spans if each.name == "run"] == [1, 2]
    # A decision sets the composition to work again: only that, in the same trace.
    assert [each.name for each in spans].count("stage compose") == 2
    assert [each.name for each in spans].count("stage matting") == 1
    assert not any(each.span.status.code for each in spans)

    # The image names the call that made its job.
    (root,) = [each for each in spans if each.name == "image"]
    (link,) = root.span.links
    (made,) = [each for each in sink.taken if each.name == "selvage_api.jobs.v1.JobsService/CreateJob"]
    assert (link.trace_id, link.span_id) == (made.span.trace_id, made.span.span_id)
    assert root.attributes["selvage.sku"] == "TEE1"
    times = sorted(spans, key=lambda each: each.span.start_time_unix_nano)
    assert [each.name for each in times[:2]] in (["image", "queue"], ["queue", "image"])


async def test_a_callers_trace_goes_on_and_probes_leave_none(sink: Collector, house: House) -> None:
    given = "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01"
    assert (await house.rest.get("/v1/jobs", headers={"traceparent": given})).status_code == 200
    assert (await house.rest.get("/healthz")).status_code == 200
    assert (await house.rest.get("/v1/jobs/none")).status_code == 404
    tracing.close()
    found = [each for each in sink.taken if each.name.startswith("HTTP")]
    assert [each.attributes["selvage.status"] for each in found] == [200, 404]
    assert found[0].trace == given[3:35]
    assert found[0].span.parent_span_id.hex() == given[36:52]
    assert found[1].trace != found[0].trace


async def test_what_failed_says_so_by_its_reason(sink: Collector, house: House) -> None:
    house.behaviour.fail["matte"] = [RuntimeError("a secret path")]
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    tracing.close()
    failed = {
        each.name: each.span.status.message
        for each in sink.taken
        if each.trace == UUID(image.image_id).hex and each.span.status.code == 2
    }
    assert failed == {
        "stage matting": "INTERNAL",
        "call matting": "INTERNAL",
        "selvage_api.matting.v1.MattingService/Matte": "AbortError",
    }


async def test_histograms_name_traces(sink: Collector, house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    text, _ = metrics.exposition("application/openmetrics-text; version=1.0.0")
    lines = [line for line in text.decode().splitlines() if UUID(image.image_id).hex in line]
    named = {line.split("{")[0] for line in lines}
    assert {"selvage_stage_duration_seconds_bucket", "selvage_image_age_seconds_bucket"} <= named
    assert "# {" not in metrics.exposition()[0].decode()


async def test_none_of_a_share_of_nothing(make_house: Callable[..., Any]) -> None:
    with collector() as sink:
        tracing.configure("gateway", tracing.TracingSettings(endpoint=sink.address, share=0))
        try:
            house: House = await make_house()
            await house.ended((await house.job(1)).job_id)
        finally:
            tracing.close()
        assert sink.taken == []


def test_off_imports_nothing_of_it() -> None:
    """Neither the gateway nor a service pays for what is not switched on."""
    code = "import sys, gateway.main, services.segment.main; print([m for m in sys.modules if 'opentelemetry' in m])"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")}
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"
