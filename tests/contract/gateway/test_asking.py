"""How jobs may be asked for and about: validation only, partial success, read masks, the audit, entity tags."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from tests.contract.gateway.method_table import refused
from tests.contract.gateway.test_rest import NOBODY, assert_problem
from tests.parts.house import House

MISSING = f"shop/{'0' * 64}/original/photo"


async def post(house: House, *keys: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    images = [{"original_key": key, "source_name": f"TEE{index}_1.png"} for index, key in enumerate(keys)]
    return await house.rest.post("/v1/jobs", json={"shop": "shop", "images": images} | fields, headers=headers)


# --- validate_only ---------------------------------------------------------------------------------------------------


async def test_validation_tells_what_would_be_and_makes_nothing(house: House) -> None:
    key = await house.upload(1)
    answer = await post(house, key, key, validate_only=True, label="autumn", headers={"Idempotency-Key": "one"})
    assert answer.status_code == 200
    job = answer.json()["job"]
    assert (job["job_id"], job["label"], job["counts"]["total"]) == ("", "autumn", 2)
    assert "location" not in answer.headers
    for table in ("jobs", "images", "events", "requests", "procrastinate_jobs"):
        assert await house.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    # The id is still free.
    made = await post(house, key, key, label="autumn", headers={"Idempotency-Key": "one"})
    assert made.status_code == 201
    assert "idempotent-replayed" not in made.headers


async def test_validation_refuses_what_the_call_would_refuse(house: House) -> None:
    assert_problem(await post(house, MISSING, validate_only=True), 422, "OBJECTS_MISSING")
    await post(house, await house.upload(1), headers={"Idempotency-Key": "one"})
    other = await post(house, await house.upload(2), validate_only=True, headers={"Idempotency-Key": "one"})
    assert_problem(other, 422, "REQUEST_ID_REUSED")


# --- partial success -------------------------------------------------------------------------------------------------


async def test_images_that_cannot_be_used_are_told_by_their_place(house: House) -> None:
    key = await house.upload(1)
    answer = await post(house, MISSING, key, "elsewhere", key, return_partial_success=True)
    assert answer.status_code == 201
    failed = answer.json()["failed_images"]
    told = [(each["index"], each["error"]["reason"]) for each in failed]
    assert told == [(0, "OBJECTS_MISSING"), (2, "FIELDS_INVALID")]
    job = await house.ended(answer.json()["job"]["job_id"])
    assert (job.counts.total, job.counts.approved) == (2, 2)
    assert [image.sku for image in await house.images(job.job_id)] == ["TEE1", "TEE3"]


async def test_a_repetition_answers_the_same_failures(house: House) -> None:
    key, late = await house.upload(1), await house.upload(2)
    house.store.delete(late)
    await house.rows("DELETE FROM uploads WHERE key = %s RETURNING key", late)
    headers = {"Idempotency-Key": "one"}
    answers = await asyncio.gather(
        *(post(house, key, late, return_partial_success=True, headers=headers) for _ in range(8))
    )
    await house.upload(2)  # what was missing comes too late for this request id
    answers.append(await post(house, key, late, return_partial_success=True, headers=headers))
    assert len({answer.json()["job"]["job_id"] for answer in answers}) == 1
    assert {json.dumps(answer.json()["failed_images"]) for answer in answers} == {
        json.dumps(answers[0].json()["failed_images"])
    }
    assert [each["index"] for each in answers[-1].json()["failed_images"]] == [1]
    assert await house.rows("SELECT count(*) FROM jobs") == [(1,)]


async def test_a_repetition_is_answered_although_the_photo_is_gone(house: House) -> None:
    key = await house.upload(1)
    first = await post(house, key, headers={"Idempotency-Key": "one"})
    await house.ended(first.json()["job"]["job_id"])
    house.store.delete(key)
    again = await post(house, key, headers={"Idempotency-Key": "one"})
    assert again.json()["job"]["job_id"] == first.json()["job"]["job_id"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_no_usable_image_is_no_job(house: House) -> None:
    body = assert_problem(await post(house, MISSING, "x", return_partial_success=True), 400, "NO_IMAGE_USABLE")
    assert [error["field"] for error in body["errors"]] == ["images[0]", "images[1]"]
    assert_problem(await post(house, MISSING, return_partial_success=True, label="x" * 500), 400, "FIELDS_INVALID")
    assert await house.rows("SELECT count(*) FROM jobs") == [(0,)]


# --- read masks ------------------------------------------------------------------------------------------------------


async def test_masks_choose_the_fields_of_every_read(house: House) -> None:
    job = await house.ended((await house.job(1, 2)).job_id)
    image_id = (await house.images(job.job_id))[0].image_id
    table = [
        (f"/v1/jobs/{job.job_id}", "job", "counts.total,label", {"counts": {"total": 2}}),
        (f"/v1/images/{image_id}", "image", "sku,imageNo", {"sku": "TEE1", "image_no": "1"}),
        ("/v1/jobs", "jobs", "job_id", [{"job_id": job.job_id}]),
        (f"/v1/jobs/{job.job_id}/images", "images", "sku", [{"sku": "TEE1"}, {"sku": "TEE2"}]),
    ]
    for path, field, mask, expected in table:
        answer = await house.rest.get(path, params={"read_mask": mask})
        assert answer.status_code == 200
        assert without_defaults(answer.json()[field]) == expected
        unknown = await house.rest.get(path, params={"read_mask": "sku_of_old"})
        assert assert_problem(unknown, 400, "INVALID_ARGUMENT")["errors"][0]["field"] == "read_mask"


def without_defaults(value: Any) -> Any:
    """Without the fields that are not set: they are answered with their default values."""
    if isinstance(value, list):
        return [without_defaults(each) for each in value]
    if isinstance(value, dict):
        kept = {name: without_defaults(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each and not str(each).endswith("_UNSPECIFIED")}
    return value


# --- the audit -------------------------------------------------------------------------------------------------------


async def test_the_audit_tells_every_change_in_pages(house: House) -> None:
    job = await house.ended((await house.job(1, 2)).job_id)
    found: list[pb.Event] = []
    token = ""
    while True:
        request = pb.ListEventsRequest(job_id=job.job_id, page_size=2, page_token=token)
        page = await house.jobs.ListEvents(request)
        found += page.events
        assert len(page.events) <= 2
        token = page.next_page_token
        if not token:
            break
    ids = [event.event_id for event in found]
    assert ids == sorted(set(ids))
    assert {event.job_id for event in found} == {job.job_id}
    image = (await house.images(job.job_id))[0]
    rest = await house.rest.get(f"/v1/jobs/{job.job_id}/audit", params={"image_id": image.image_id})
    events = rest.json()["events"]
    assert [int(event["event_id"]) for event in events] == [e.event_id for e in found if e.image_id == image.image_id]
    states = [event["to_state"].removeprefix("IMAGE_STATE_") for event in events]
    assert (states[0], states[-1]) == ("RECEIVED", "APPROVED")
    assert json.loads(events[1]["detail"]) == {"run": 1}


async def test_an_audit_of_nothing_is_refused_or_empty(house: House) -> None:
    job = await house.job(1)
    assert await refused(house.jobs.ListEvents(pb.ListEventsRequest(job_id=NOBODY))) == ("NOT_FOUND", "JOB_NOT_FOUND")
    bad = pb.ListEventsRequest(job_id=job.job_id, image_id="x")
    assert await refused(house.jobs.ListEvents(bad)) == ("NOT_FOUND", "IMAGE_NOT_FOUND")
    assert not (await house.jobs.ListEvents(pb.ListEventsRequest(job_id=job.job_id, image_id=NOBODY))).events


# --- entity tags -----------------------------------------------------------------------------------------------------


async def test_what_has_not_changed_is_not_sent_again(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    for path in (f"/v1/jobs/{job.job_id}", f"/v1/images/{image.image_id}"):
        for params in ({}, {"read_mask": "shop"}):
            first = await house.rest.get(path, params=params)
            held = {"If-None-Match": first.headers["etag"]}
            again = await house.rest.get(path, params=params, headers=held)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    image_tag = (await house.rest.get(f"/v1/images/{image.image_id}")).headers["etag"]
    body = {"verdict": "VERDICT_REJECT", "reason": "blurred"}
    await house.rest.post(f"/v1/images/{image.image_id}:decide", json=body, headers={"If-Match": image_tag})
    for path in (f"/v1/jobs/{job.job_id}", f"/v1/images/{image.image_id}"):
        assert (await house.rest.get(path, headers={"If-None-Match": image_tag})).status_code == 200
