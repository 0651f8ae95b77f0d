"""Decisions of people, over gRPC and REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest

from gateway import words
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2 as pb
from tests.parts.callers import operator, required
from tests.parts.house import House, photo, reason


@pytest.fixture
async def doubtful(house: House) -> Any:
    house.doubt()
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


async def test_fix_sets_an_image_into_edit_and_the_next_decision_ends_it(house: House, doubtful: Any) -> None:
    request = pb.DecideRequest(image_id=doubtful.image_id, verdict=pb.VERDICT_FIX, reviewer="ann", etag=doubtful.etag)
    image = (await house.review.Decide(request)).image
    assert image.state == words.state_enum(words.IN_EDIT)
    assert [each.code for each in image.reasons] == [each.code for each in doubtful.reasons]
    # Nothing is at work: the job has ended.
    assert (await house.ended(doubtful.job_id)).counts.in_edit == 1
    again = pb.DecideRequest(image_id=doubtful.image_id, verdict=pb.VERDICT_APPROVE, seconds=40, etag=image.etag)
    await house.review.Decide(again)
    assert (await house.ended(doubtful.job_id)).counts.approved == 1


async def test_art_direction_goes_back_to_review_with_what_was_asked(house: House, doubtful: Any) -> None:
    text = "Show the left sleeve."
    request = pb.DecideRequest(
        image_id=doubtful.image_id, verdict=pb.VERDICT_ART_DIRECTION, reason=text, etag=doubtful.etag
    )
    image = (await house.review.Decide(request)).image
    assert image.state == words.state_enum(words.NEEDS_REVIEW)
    assert (image.reasons[0].code, image.reasons[0].detail) == ("ART_DIRECTION", text)
    assert [each.code for each in image.reasons][1:] == [each.code for each in doubtful.reasons]
    request.etag, request.reason = image.etag, "Both sleeves."
    image = (await house.review.Decide(request)).image
    assert [each.detail for each in image.reasons if each.code == "ART_DIRECTION"] == ["Both sleeves."]


@pytest.mark.parametrize("verdict", [pb.VERDICT_ART_DIRECTION, pb.VERDICT_REJECT])
async def test_who_sends_an_image_back_says_why(house: House, doubtful: Any, verdict: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.review.Decide(pb.DecideRequest(image_id=doubtful.image_id, verdict=verdict, etag=doubtful.etag))
    assert reason(caught.value) == "FIELDS_INVALID"


async def test_people_cannot_decide_what_only_the_gate_does(house: House, doubtful: Any) -> None:
    request = pb.DecideRequest(image_id=doubtful.image_id, verdict=pb.VERDICT_REVIEW, etag=doubtful.etag)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.review.Decide(request)
    assert reason(caught.value) == "FIELDS_INVALID"


async def test_all_decisions_are_listed_oldest_first_over_grpc_and_rest(house: House, doubtful: Any) -> None:
    etag = doubtful.etag
    for verdict in (pb.VERDICT_FIX, pb.VERDICT_ART_DIRECTION, pb.VERDICT_REJECT):
        request = pb.DecideRequest(
            image_id=doubtful.image_id, verdict=verdict, reason="why", reviewer="ann", seconds=3, etag=etag
        )
        etag = (await house.review.Decide(request)).image.etag
    found = (await house.review.ListDecisions(pb.ListDecisionsRequest(image_id=doubtful.image_id))).decisions
    assert [each.verdict for each in found] == [
        pb.VERDICT_REVIEW, pb.VERDICT_FIX, pb.VERDICT_ART_DIRECTION, pb.VERDICT_REJECT,
    ]  # fmt: skip
    assert [each.actor for each in found] == ["gate", "person", "person", "person"]
    assert [each.decision_id for each in found] == sorted(each.decision_id for each in found)
    assert {(each.reviewer, each.reason, each.seconds) for each in found[1:]} == {("ann", "why", 3.0)}
    answer = await house.rest.get(f"/v1/images/{doubtful.image_id}/decisions")
    assert [each["verdict"] for each in answer.json()["decisions"]] == [pb.Verdict.Name(each.verdict) for each in found]


async def test_a_decision_remembers_whose_key_was_used(make_house: Callable[..., Any]) -> None:
    house = await make_house(required())
    caller = await operator(house).key_for("shop", "submit", "review")
    stored = await caller.rest("POST", "/v1/uploads", params={"shop": "shop"}, content=photo(1))
    body = {"shop": "shop", "images": [{"original_key": stored.json()["object"]["key"], "source_name": "A_1.png"}]}
    job = (await caller.rest("POST", "/v1/jobs", json=body)).json()["job"]["job_id"]
    images: list[Any] = []
    while not images:
        answer = await caller.rest("GET", f"/v1/jobs/{job}/images", params={"states": "approved"})
        images = answer.json()["images"]
    path, tag = f"/v1/images/{images[0]['image_id']}", images[0]["etag"]
    await caller.rest("POST", f"{path}:decide", json={"verdict": "VERDICT_FIX"}, headers={"If-Match": tag})
    found = (await caller.rest("GET", f"{path}/decisions")).json()["decisions"]
    assert [(each["actor"], each["key_id"]) for each in found] == [("gate", ""), ("person", caller.key_id)]
