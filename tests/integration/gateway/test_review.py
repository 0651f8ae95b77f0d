"""Decisions of people, over gRPC and REST."""

from __future__ import annotations

from typing import Any

import grpc.aio
import pytest

from gateway import words
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2 as pb
from tests.parts.house import House, reason


@pytest.fixture
async def doubtful(house: House) -> Any:
    house.behaviour.numbers = lambda _sha256, numbers: numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)
    job = await house.ended((await house.job(1)).job_id)
    return (await house.images(job.job_id))[0]


async def test_an_approval_composes_again_under_the_new_name_and_nothing_else(house: House, doubtful: Any) -> None:
    # A new release in between must not change the pixels the person has seen.
    house.behaviour.fingerprint = "test-2"
    before = dict(house.behaviour.calls)
    request = pb.DecideRequest(
        image_id=doubtful.image_id, verdict=pb.VERDICT_APPROVE, reviewer="ann", seconds=12.5, etag=doubtful.etag
    )
    decided = (await house.review.Decide(request)).image
    assert decided.state == words.state_enum(words.PROCESSING)
    job = await house.ended(doubtful.job_id)
    assert job.counts.approved == 1
    image = (await house.images(job.job_id))[0]
    assert list(image.reasons) == []
    assert all("_approved" in file.file_name for file in image.files)
    assert dict(house.behaviour.calls) == before | {"compose": before["compose"] + 1}
    rows = await house.rows("SELECT actor, reviewer, verdict, seconds FROM decisions ORDER BY decision_id")
    assert rows == [("gate", "", "review", 0.0), ("person", "ann", "approve", 12.5)]


async def test_a_rejection_stands_at_once(house: House, doubtful: Any) -> None:
    request = pb.DecideRequest(
        image_id=doubtful.image_id, verdict=pb.VERDICT_REJECT, reason="wrong garment", etag=doubtful.etag
    )
    image = (await house.review.Decide(request)).image
    assert image.state == words.state_enum(words.REJECTED)
    assert await house.rows("SELECT reason FROM decisions WHERE actor = 'person'") == [("wrong garment",)]


async def test_the_second_of_two_decisions_on_the_same_state_is_refused(house: House, doubtful: Any) -> None:
    request = pb.DecideRequest(image_id=doubtful.image_id, verdict=pb.VERDICT_REJECT, reason="no", etag=doubtful.etag)
    await house.review.Decide(request)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.review.Decide(request)
    assert reason(caught.value) == "ETAG_MISMATCH"
    assert caught.value.code() == grpc.StatusCode.ABORTED
    assert len(await house.rows("SELECT 1 FROM decisions WHERE actor = 'person'")) == 1


async def test_approving_an_approved_image_is_recorded_and_computes_nothing(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    before = dict(house.behaviour.calls)
    request = pb.DecideRequest(image_id=image.image_id, verdict=pb.VERDICT_APPROVE, etag=image.etag)
    decided = (await house.review.Decide(request)).image
    assert decided.state == words.state_enum(words.APPROVED)
    assert dict(house.behaviour.calls) == before


async def test_a_failed_image_is_not_decidable(house: House) -> None:
    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=b"text")
    new = jobs_service_pb2.NewImage(original_key=answer.json()["object"]["key"], source_name="A_1.jpg")
    made = await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=[new]))
    job = await house.ended(made.job.job_id)
    image = (await house.images(job.job_id))[0]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.review.Decide(
            pb.DecideRequest(image_id=image.image_id, verdict=pb.VERDICT_APPROVE, etag=image.etag)
        )
    assert reason(caught.value) == "NOT_DECIDABLE"


async def test_rest_takes_the_etag_from_if_match(house: House, doubtful: Any) -> None:
    path = f"/v1/images/{doubtful.image_id}"
    tag = (await house.rest.get(path)).headers["etag"]
    assert tag == f'"{doubtful.etag}"'
    body = {"verdict": "VERDICT_APPROVE", "reviewer": "ann"}
    none = await house.rest.post(f"{path}:decide", json=body)
    assert (none.status_code, none.json()["code"]) == (428, "ETAG_REQUIRED")
    old = await house.rest.post(f"{path}:decide", json=body, headers={"If-Match": '"0"'})
    assert (old.status_code, old.json()["code"]) == (412, "ETAG_MISMATCH")
    right = await house.rest.post(f"{path}:decide", json=body, headers={"If-Match": tag})
    assert right.status_code == 200
    assert right.headers["etag"] != tag
    assert (await house.ended(doubtful.job_id)).counts.approved == 1
