"""One-click retry of failed images, and work done again from a stage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import StoreFull, TruncatedFile
from tests.parts.house import House, reason

FULL, BROKEN = StoreFull(cause="test"), TruncatedFile(cause="test")


async def retry(house: House, job_id: str, **fields: Any) -> pb.RetryImagesResponse:
    answer: pb.RetryImagesResponse = await house.jobs.RetryImages(pb.RetryImagesRequest(job_id=job_id, **fields))
    return answer


async def test_failed_images_go_on_where_they_stopped(house: House) -> None:
    house.behaviour.fail["matte"] = [FULL]
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.failed == 1
    answer = await retry(house, job.job_id)
    assert answer.retried == 1
    assert answer.job.state == pb.JOB_STATE_RUNNING
    assert (await house.ended(job.job_id)).counts.approved == 1
    assert (house.behaviour.calls["segment"], house.behaviour.calls["matte"]) == (1, 2)
    assert not (await house.images(job.job_id))[0].HasField("error")
    rows = await house.rows(
        "SELECT kind, from_state, to_state FROM events WHERE image_id IS NOT NULL ORDER BY event_id"
    )
    assert rows[2:4] == [("failed", "processing", "failed"), ("retried", "failed", "received")]
    assert rows[-1] == ("finished", "processing", "approved")


async def test_what_a_retry_cannot_mend_is_left_unless_named(house: House) -> None:
    house.behaviour.fail["segment"] = [BROKEN]
    job = await house.ended((await house.job(1)).job_id)
    assert (await retry(house, job.job_id)).retried == 0
    image = (await house.images(job.job_id))[0]
    assert (await retry(house, job.job_id, image_ids=[image.image_id])).retried == 1
    assert (await house.ended(job.job_id)).counts.approved == 1


async def test_many_clicks_start_an_image_once(house: House) -> None:
    house.behaviour.fail["segment"] = [FULL, FULL]
    job = await house.ended((await house.job(1, 2)).job_id)
    hold = house.behaviour.hold["segment"] = asyncio.Event()
    answers = await asyncio.gather(*(retry(house, job.job_id) for _ in range(10)))
    assert sorted(answer.retried for answer in answers) == [0] * 9 + [2]
    assert await house.rows("SELECT count(*) FROM procrastinate_jobs") == [(2,)]
    hold.set()
    assert (await house.ended(job.job_id)).counts.approved == 2
    assert (await retry(house, job.job_id)).retried == 0


async def test_from_a_stage_on_everything_is_done_again_and_kept_apart(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    before = (await house.images(job.job_id))[0]
    calls = dict(house.behaviour.calls)
    answer = await retry(house, job.job_id, image_ids=[before.image_id], from_stage="matting")
    assert answer.retried == 1
    assert (await house.ended(job.job_id)).counts.approved == 1
    after = (await house.images(job.job_id))[0]
    more = {name: house.behaviour.calls[name] - calls[name] for name in calls}
    assert more == {"plate": 0, "segment": 0, "matte": 1, "compose": 1}
    assert [run.stage for run in after.stages][-3:] == ["matting", "gate", "compose"]
    assert not any(run.reused for run in after.stages)
    # What others may use under the old keys stays as it was; the new result is the one that is known from now on.
    old, new = ({file.name: file.object.key for file in image.files} for image in (before, after))
    assert old.keys() == new.keys()
    assert not set(old.values()) & set(new.values())
    assert all([await asyncio.to_thread(house.store.exists, key) for key in (*old.values(), *new.values())])
    again = await house.ended((await house.job(1)).job_id)
    image = (await house.images(again.job_id))[0]
    assert {file.name: file.object.key for file in image.files} == new
    assert house.behaviour.calls["matte"] == calls["matte"] + 1


async def test_a_redo_that_loses_its_worker_does_not_begin_again(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(heartbeat_seconds=60, stalled_seconds=0.2)
    job = await house.ended((await house.job(1)).job_id)
    release = house.behaviour.hold["compose"] = asyncio.Event()
    image = (await house.images(job.job_id))[0]
    await retry(house, job.job_id, image_ids=[image.image_id], from_stage="segment")
    # The heartbeat is too rare for `stalled`: while it composes, the task is given to the same process again.
    while (await house.rows("SELECT run FROM images"))[0][0] < 3:  # noqa: ASYNC110 - the database is what we wait for
        await asyncio.sleep(0.05)
    release.set()
    assert (await house.ended(job.job_id)).counts.approved == 1
    assert (house.behaviour.calls["segment"], house.behaviour.calls["matte"]) == (2, 2)


async def test_a_persons_approval_holds_while_the_pixels_do(house: House) -> None:
    house.behaviour.numbers = lambda _sha, numbers: setattr(numbers, "band_confidence", 0.1)
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    assert image.state == images_pb2.IMAGE_STATE_NEEDS_REVIEW
    house.behaviour.fail["compose"] = [FULL]
    request = review_service_pb2.DecideRequest(
        image_id=image.image_id, verdict=review_service_pb2.VERDICT_APPROVE, etag=image.etag
    )
    await house.review.Decide(request)
    assert (await house.ended(job.job_id)).counts.failed == 1
    await retry(house, job.job_id)
    assert (await house.ended(job.job_id)).counts.approved == 1
    await retry(house, job.job_id, image_ids=[image.image_id], from_stage="compose")
    assert (await house.ended(job.job_id)).counts.approved == 1
    await retry(house, job.job_id, image_ids=[image.image_id], from_stage="matting")
    assert (await house.ended(job.job_id)).counts.needs_review == 1


async def test_refusals(house: House) -> None:
    other = await house.ended((await house.job(2)).job_id)
    house.behaviour.hold["segment"] = asyncio.Event()
    running, cancelled = await house.job(1), await house.job(3)
    await house.jobs.CancelJob(pb.CancelJobRequest(job_id=cancelled.job_id))
    stranger = (await house.images(other.job_id))[0].image_id
    refused: list[tuple[dict[str, Any], str]] = [
        ({"job_id": "018f0000-0000-7000-8000-000000000000"}, "JOB_NOT_FOUND"),
        ({"job_id": ""}, "INVALID_ARGUMENT"),
        ({"job_id": other.job_id, "from_stage": "polish"}, "INVALID_ARGUMENT"),
        ({"job_id": other.job_id, "image_ids": ["x"]}, "IMAGE_NOT_FOUND"),
        ({"job_id": running.job_id, "image_ids": [stranger]}, "IMAGE_NOT_FOUND"),
        ({"job_id": cancelled.job_id}, "JOB_CANCELLED"),
    ]
    for fields, row in refused:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await retry(house, **fields)
        assert reason(caught.value) == row
    image = (await house.images(running.job_id))[0].image_id
    assert (await retry(house, running.job_id, image_ids=[image], from_stage="plate")).retried == 0


async def test_rest_says_the_same(house: House) -> None:
    house.behaviour.fail["segment"] = [FULL]
    job = await house.ended((await house.job(1)).job_id)
    answer = await house.rest.post(f"/v1/jobs/{job.job_id}:retry", json={})
    assert (answer.status_code, answer.json()["retried"]) == (200, 1)
    await house.ended(job.job_id)
    hold = house.behaviour.hold["segment"] = asyncio.Event()
    cancelled = await house.job(2)
    assert (await house.rest.post(f"/v1/jobs/{cancelled.job_id}:cancel")).status_code == 200
    hold.set()
    answer = await house.rest.post(f"/v1/jobs/{cancelled.job_id}:retry", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "JOB_CANCELLED")
