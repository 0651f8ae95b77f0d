"""The numbers of docs/metrics.md after small jobs: in time, first decisions, review, rework, failures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway import gauges
from gateway.db import Database
from gateway.engine import Engine
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.matting.v1 import matting_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2 as pb
from services.kit import metrics
from services.kit.errors import InvalidArgument, Overloaded, SelvageError
from tests.parts.house import House, photo
from tests.parts.samples import Samples

HERO, BULK = images_pb2.TIER_HERO, images_pb2.TIER_BULK
PAST = datetime.now(UTC) - timedelta(hours=1)


async def job_of(house: House, *images: tuple[int, Any, datetime | None]) -> jobs_service_pb2.Job:
    """A job of (seed, tier, due), when it has ended."""
    news = []
    for seed, tier, due in images:
        new = jobs_service_pb2.NewImage(original_key=await house.upload(seed), source_name=f"A{seed}_1.png", tier=tier)
        if due is not None:
            new.due_time.FromDatetime(due)
        news.append(new)
    request = jobs_service_pb2.CreateJobRequest(shop="shop", images=news)
    return await house.ended((await house.jobs.CreateJob(request)).job.job_id)


def doubtful(house: House, *seeds: int) -> None:
    """The gate wants a person to look at these."""
    digests = {hashlib.sha256(photo(seed)).hexdigest() for seed in seeds}

    def change(sha256: str, numbers: matting_service_pb2.MatteNumbers) -> None:
        if sha256 in digests:
            numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)

    house.behaviour.numbers = change


async def decide(house: House, image: Any, verdict: Any, seconds: float = 0.0) -> None:
    etag = {each.image_id: each.etag for each in await house.images(image.job_id)}[image.image_id]
    await house.review.Decide(
        pb.DecideRequest(image_id=image.image_id, verdict=verdict, reason="why", seconds=seconds, etag=etag)
    )
    await house.ended(image.job_id)


async def test_a_job_counted_from_arrival_to_its_last_decision(house: House) -> None:
    doubtful(house, 3, 4)
    samples = Samples()
    job = await job_of(house, (1, HERO, None), (2, BULK, PAST), (3, HERO, None), (4, BULK, PAST))
    images = {image.sku: image for image in await house.images(job.job_id)}
    await decide(house, images["A3"], pb.VERDICT_APPROVE, 45)
    await decide(house, images["A4"], pb.VERDICT_REJECT, 5)

    assert samples.every("selvage_images_finished_total") == {("hero",): 2, ("bulk",): 2}
    assert samples.every("selvage_images_in_time_total") == {("hero",): 2}
    assert samples.every("selvage_decisions_total") == {
        ("gate", "approve"): 2, ("gate", "review"): 2, ("person", "approve"): 1, ("person", "reject"): 1,
    }  # fmt: skip
    assert samples.every("selvage_first_decisions_total") == {
        ("gate", "approve"): 2, ("person", "approve"): 1, ("person", "reject"): 1,
    }  # fmt: skip
    assert samples.every("selvage_review_reasons_total") == {("ENCLOSED_HOLE_UNCERTAIN",): 2}
    assert samples.every("selvage_review_wait_seconds_count") == {(): 2}
    assert samples.every("selvage_review_seconds_sum") == {("approve",): 45, ("reject",): 5}
    assert samples.every("selvage_images_total") == {
        ("received",): 4, ("needs_review",): 2, ("approved",): 3, ("rejected",): 1,
    }  # fmt: skip
    assert samples.every("selvage_rework_total") == {}
    # From received to begun; what a decision sets to work has not waited for a turn.
    assert samples.every("selvage_queue_wait_seconds_count") == {(): 4}


async def test_rework_is_what_was_approved_and_taken_back(house: House) -> None:
    samples = Samples()
    job = await job_of(house, (1, HERO, None), (2, HERO, None))
    first, second = await house.images(job.job_id)
    await decide(house, first, pb.VERDICT_REJECT)
    await decide(house, first, pb.VERDICT_APPROVE)
    request = jobs_service_pb2.RetryImagesRequest(job_id=job.job_id, image_ids=[second.image_id], from_stage="matting")
    await house.jobs.RetryImages(request)
    await house.ended(job.job_id)
    assert samples.every("selvage_rework_total") == {("rejected",): 1, ("redone",): 1}
    # Each image is counted at its first end and its first decision only.
    assert samples.every("selvage_images_finished_total") == {("hero",): 2}
    assert samples.every("selvage_first_decisions_total") == {("gate", "approve"): 2}
    assert samples.every("selvage_decisions_total") == {
        ("gate", "approve"): 3, ("person", "reject"): 1, ("person", "approve"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "reason", "in_time"),
    [(InvalidArgument(field="photo", problem="no"), "INVALID_ARGUMENT", 1), (SelvageError(), "INTERNAL", 0)],
)
async def test_a_failure_is_in_time_only_when_the_photo_is_at_fault(
    house: House, error: SelvageError, reason: str, in_time: int
) -> None:
    house.behaviour.fail["matte"] = [error]
    samples = Samples()
    await job_of(house, (1, BULK, None))
    assert samples.every("selvage_image_failures_total") == {(reason,): 1}
    assert samples.every("selvage_images_finished_total") == {("bulk",): 1}
    assert samples.grown("selvage_images_in_time_total", tier="bulk") == in_time


async def test_a_job_promised_in_no_time_is_late_and_its_reviews_overdue(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(promised_seconds=0.001)
    doubtful(house, 2)
    samples = Samples()
    await job_of(house, (1, HERO, None), (2, images_pb2.TIER_UNSPECIFIED, None))
    assert samples.every("selvage_images_finished_total") == {("hero",): 1}
    assert samples.every("selvage_images_in_time_total") == {}
    database = Database(house.gateway.database_url, 3)
    await database.open()
    try:
        await gauges.refresh(database, Engine(database), 0.001)
    finally:
        await database.close()
    values = metrics.REGISTRY.get_sample_value
    assert [values("selvage_images_overdue", {"tier": tier}) for tier in metrics.TIERS] == [0, 0, 1]
    assert 0 < (values("selvage_review_oldest_age_seconds") or 0) < 60


async def test_retries_and_what_is_offered(house: House) -> None:
    house.behaviour.fail["segment"] = [Overloaded(seconds=0)]
    samples = Samples()
    await job_of(house, (1, HERO, None))
    assert samples.every("selvage_stage_retries_total") == {("OVERLOADED", "segment"): 1}
    assert metrics.REGISTRY.get_sample_value("selvage_runs_in_progress") == 0
    assert metrics.REGISTRY.get_sample_value("selvage_run_slots") == 2
    text = (await house.rest.get("/metrics")).text
    assert 'selvage_model_info{model_version="",profile="threshold"} 1.0' in text
    assert 'selvage_template_info{revision="1",template="plain"} 1.0' in text
    assert 'selvage_service_up{service="matting"} 1.0' in text
