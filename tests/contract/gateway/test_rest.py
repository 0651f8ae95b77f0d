"""docs/rest.md, route by route."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import httpx

from services.kit import metrics
from services.kit.version import version
from tests.parts.house import House, photo

NOBODY = "018f0000-0000-7000-8000-000000000000"


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:selvage:error:{code.lower().replace('_', '-')}"
    assert body["title"] and body["detail"]
    assert body["instance"] == answer.request.url.path
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


# --- uploads ---------------------------------------------------------------------------------------------------------


async def test_an_upload_is_stored_once_under_the_key_of_its_content(house: House) -> None:
    data = photo(1)
    digest = hashlib.sha256(data).hexdigest()
    first = await house.rest.post(
        "/v1/uploads", params={"shop": "shop"}, content=data, headers={"Content-Type": "image/png"}
    )
    assert first.status_code == 201
    assert first.json() == {
        "object": {
            "key": f"shop/{digest}/original/photo", "sha256": digest, "size_bytes": str(len(data)),
            "media_type": "image/png",
        }
    }  # fmt: skip
    again = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=data)
    assert (again.status_code, again.json()) == (200, first.json())
    assert house.store.get(f"shop/{digest}/original/photo") == data


async def test_a_chunked_upload_needs_no_length(house: House) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"x" * 50_000

    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=pieces())
    assert answer.status_code == 201
    assert answer.json()["object"]["sha256"] == hashlib.sha256(b"x" * 2_000_000).hexdigest()


async def test_uploads_of_no_valid_shop_are_refused(house: House) -> None:
    for shop in ("", "../x", "Shop", "a/b", "-a", "a" * 64):
        answer = await house.rest.post("/v1/uploads", params={"shop": shop}, content=b"x")
        body = assert_problem(answer, 400, "INVALID_ARGUMENT")
        assert body["errors"][0]["field"] == "shop"


# --- jobs ------------------------------------------------------------------------------------------------------------


async def test_a_job_is_created_read_and_listed(house: House) -> None:
    key = await house.upload(1)
    made = await house.rest.post(
        "/v1/jobs",
        json={
            "shop": "shop", "label": "autumn", "images": [
                {"originalKey": key, "source_name": "LINEN_SHIRT_03.png", "due_time": "2026-12-01T12:00:00Z",
                 "tier": "TIER_HERO"},
            ],
        },
    )  # fmt: skip
    assert made.status_code == 201
    job = made.json()["job"]
    assert made.headers["location"] == f"/v1/jobs/{job['job_id']}"
    assert job["label"] == "autumn"
    assert job["counts"]["total"] == 1
    await house.ended(job["job_id"])
    read = (await house.rest.get(f"/v1/jobs/{job['job_id']}")).json()["job"]
    assert read["state"] == "JOB_STATE_FINISHED"
    listed = (await house.rest.get("/v1/jobs", params={"shop": "shop"})).json()
    assert [each["job_id"] for each in listed["jobs"]] == [job["job_id"]]
    assert listed["next_page_token"] == ""
    image = (await house.rest.get(f"/v1/jobs/{job['job_id']}/images")).json()["images"][0]
    assert (image["sku"], image["image_no"], image["tier"]) == ("LINEN_SHIRT", "03", "TIER_HERO")
    assert image["due_time"] == "2026-12-01T12:00:00Z"


async def test_every_problem_of_a_job_is_told_at_once(house: House) -> None:
    request = {
        "shop": "Shop!",
        "label": "x" * 500,
        "images": [{"original_key": "elsewhere/a.png"}, {"original_key": f"shop/{'0' * 64}/original/photo"}],
    }
    body = assert_problem(await house.rest.post("/v1/jobs", json=request), 400, "FIELDS_INVALID")
    fields = [error["field"] for error in body["errors"]]
    assert fields == ["shop", "label", "images[0].original_key", "images[1].original_key"]


async def test_photos_that_were_never_uploaded_are_named(house: House) -> None:
    key = await house.upload(1)
    images = [{"original_key": key}, {"original_key": f"shop/{'0' * 64}/original/photo"}]
    answer = await house.rest.post("/v1/jobs", json={"shop": "shop", "images": images})
    body = assert_problem(answer, 422, "OBJECTS_MISSING")
    assert [error["field"] for error in body["errors"]] == ["images[1].original_key"]
    assert (await house.rest.get("/v1/jobs")).json()["jobs"] == []


async def test_a_photo_put_straight_into_the_store_is_found(house: House) -> None:
    data = photo(3)
    key = f"shop/{hashlib.sha256(data).hexdigest()}/original/photo"
    house.store.put(key, data, "image/png")
    answer = await house.rest.post("/v1/jobs", json={"shop": "shop", "images": [{"original_key": key}]})
    assert answer.status_code == 201
    assert (await house.ended(answer.json()["job"]["job_id"])).counts.approved == 1


async def test_bodies_that_are_no_job_are_refused(house: House) -> None:
    table = [(b"{", "body"), (b"[]", "body"), (b'{"shop": 7}', "body"), (b'{"unknown": 1}', "body"), (b"\xff", "body"),
     (b'{"shop": "shop"}', "images"), (b"", "shop")]  # fmt: skip
    for body, field in table:
        answer = await house.rest.post("/v1/jobs", content=body)
        assert answer.status_code == 400
        problem = assert_problem(answer, 400, answer.json()["code"])
        assert problem["errors"][0]["field"] == field


# --- idempotency -----------------------------------------------------------------------------------------------------


async def test_the_same_request_fifty_times_in_parallel_gives_one_job(house: House) -> None:
    request = {"shop": "shop", "images": [{"original_key": await house.upload(1), "source_name": "A_1.png"}]}
    headers = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
    answers = await asyncio.gather(*(house.rest.post("/v1/jobs", json=request, headers=headers) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["job"]["job_id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert await house.rows("SELECT count(*) FROM jobs") == [(1,)]
    assert await house.rows("SELECT count(*) FROM images") == [(1,)]


async def test_a_key_belongs_to_one_payload_and_one_shop(house: House) -> None:
    headers = {"Idempotency-Key": "one"}
    request = {"shop": "shop", "images": [{"original_key": await house.upload(1)}]}
    first = await house.rest.post("/v1/jobs", json=request, headers=headers)
    other = await house.rest.post("/v1/jobs", json=request | {"label": "other"}, headers=headers)
    assert_problem(other, 422, "REQUEST_ID_REUSED")
    elsewhere = {"shop": "elsewhere", "images": [{"original_key": await house.upload(1, shop="elsewhere")}]}
    second = await house.rest.post("/v1/jobs", json=elsewhere, headers=headers)
    assert second.json()["job"]["job_id"] != first.json()["job"]["job_id"]
    twice = await house.rest.post("/v1/jobs", json=request | {"request_id": "two"}, headers=headers)
    assert_problem(twice, 400, "INVALID_ARGUMENT")


# --- paging ----------------------------------------------------------------------------------------------------------


async def test_images_come_in_pages_in_the_order_they_were_submitted(house: House) -> None:
    job = await house.ended((await house.job(*range(5))).job_id)
    path, skus, token, sizes = f"/v1/jobs/{job.job_id}/images", [], "", []
    while True:
        page = (await house.rest.get(path, params={"page_size": 2, "page_token": token})).json()
        skus += [image["sku"] for image in page["images"]]
        sizes.append(len(page["images"]))
        token = page["next_page_token"]
        if not token:
            break
    assert skus == [f"TEE{seed}" for seed in range(5)]
    assert sizes == [2, 2, 1]


async def test_a_last_full_page_has_no_token(house: House) -> None:
    job = await house.job(1, 2)
    page = (await house.rest.get(f"/v1/jobs/{job.job_id}/images", params={"page_size": 2})).json()
    assert (len(page["images"]), page["next_page_token"]) == (2, "")


async def test_jobs_come_newest_first_and_tokens_belong_to_their_filter(house: House) -> None:
    ids = [(await house.job(1)).job_id for _ in range(3)]
    page = (await house.rest.get("/v1/jobs", params={"shop": "shop", "page_size": 2})).json()
    assert [job["job_id"] for job in page["jobs"]] == ids[:0:-1]
    token = page["next_page_token"]
    rest = (await house.rest.get("/v1/jobs", params={"shop": "shop", "page_token": token})).json()
    assert [job["job_id"] for job in rest["jobs"]] == ids[:1]
    other = await house.rest.get("/v1/jobs", params={"shop": "other", "page_token": token})
    assert_problem(other, 400, "INVALID_ARGUMENT")


async def test_page_sizes_that_are_none_are_refused(house: House) -> None:
    for size in ("-1", "x", "99999999999"):
        body = assert_problem(await house.rest.get("/v1/jobs", params={"page_size": size}), 400, "INVALID_ARGUMENT")
        assert body["errors"][0]["field"] == "page_size"


async def test_images_are_filtered_by_state_in_either_spelling(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    path = f"/v1/jobs/{job.job_id}/images"
    for state in ("approved", "IMAGE_STATE_APPROVED"):
        assert len((await house.rest.get(path, params={"states": state})).json()["images"]) == 1
    assert (await house.rest.get(path, params={"states": ["failed", "rejected"]})).json()["images"] == []
    assert_problem(await house.rest.get(path, params={"states": "lost"}), 400, "INVALID_ARGUMENT")


# --- files -----------------------------------------------------------------------------------------------------------


async def test_files_come_whole_in_part_or_not_again(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    cutout = next(file for file in image.files if file.name == "cutout")
    path = f"/v1/images/{image.image_id}/files/cutout"
    whole = await house.rest.get(path)
    assert hashlib.sha256(whole.content).hexdigest() == cutout.object.sha256
    assert whole.headers["etag"] == f'"{cutout.object.sha256}"'
    assert whole.headers["content-type"] == "image/png"
    assert cutout.file_name in whole.headers["content-disposition"]
    unchanged = await house.rest.get(path, headers={"If-None-Match": f'"x", {whole.headers["etag"]}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    size = len(whole.content)
    for asked, start, end in [("0-3", 0, 4), ("5-", 5, size), ("-7", size - 7, size), (f"2-{size * 2}", 2, size)]:
        part = await house.rest.get(path, headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206
        assert part.content == whole.content[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    outdated = await house.rest.get(path, headers={"Range": "bytes=0-3", "If-Range": '"old"'})
    assert outdated.content == whole.content
    beyond = await house.rest.get(path, headers={"Range": f"bytes={size}-"})
    assert_problem(beyond, 416, "RANGE_NOT_SATISFIABLE")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    original = await house.rest.get(f"/v1/images/{image.image_id}/files/original")
    assert original.content == photo(1)
    export = await house.rest.get(f"/v1/images/{image.image_id}/files/export:large")
    assert export.status_code == 200


async def test_a_file_the_image_has_not_names_those_it_has(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    answer = await house.rest.get(f"/v1/images/{image.image_id}/files/secret")
    assert "cutout" in assert_problem(answer, 404, "FILE_NOT_IN_IMAGE")["detail"]


# --- errors of every route -------------------------------------------------------------------------------------------


REFUSED = [
    ("GET", f"/v1/jobs/{NOBODY}", 404, "JOB_NOT_FOUND"),
    ("GET", "/v1/jobs/7", 404, "JOB_NOT_FOUND"),
    ("GET", f"/v1/jobs/{NOBODY}/images", 404, "JOB_NOT_FOUND"),
    ("GET", f"/v1/jobs/{NOBODY}/events", 404, "JOB_NOT_FOUND"),
    ("POST", f"/v1/jobs/{NOBODY}:cancel", 404, "JOB_NOT_FOUND"),
    ("GET", f"/v1/images/{NOBODY}", 404, "IMAGE_NOT_FOUND"),
    ("GET", "/v1/images/x", 404, "IMAGE_NOT_FOUND"),
    ("GET", f"/v1/images/{NOBODY}/files/alpha", 404, "IMAGE_NOT_FOUND"),
    ("POST", f"/v1/images/{NOBODY}:decide", 428, "ETAG_REQUIRED"),
    ("POST", "/v1/uploads", 400, "INVALID_ARGUMENT"),
    ("GET", "/v1/jobs?page_token=x", 400, "INVALID_ARGUMENT"),
    ("GET", "/v1/jobs?page_token=eyJh", 400, "INVALID_ARGUMENT"),
    ("GET", "/", 404, "ROUTE_NOT_FOUND"),
    ("GET", "/v1/nothing", 404, "ROUTE_NOT_FOUND"),
    ("DELETE", "/v1/jobs", 405, "METHOD_NOT_ALLOWED"),
    ("GET", "/v1/uploads", 405, "METHOD_NOT_ALLOWED"),
]


async def test_every_route_answers_errors_as_problems(house: House) -> None:
    for method, path, status, code in REFUSED:
        assert_problem(await house.rest.request(method, path), status, code)


async def test_a_decision_is_checked_field_by_field(house: House) -> None:
    body = {"verdict": "VERDICT_REJECT", "seconds": -1, "etag": "1"}
    answer = await house.rest.post(f"/v1/images/{NOBODY}:decide", json=body)
    fields = [error["field"] for error in assert_problem(answer, 400, "FIELDS_INVALID")["errors"]]
    assert fields == ["reason", "seconds"]


async def test_what_nobody_foresaw_tells_nothing(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]

    def break_down(_key: str, _path: Any) -> None:
        raise RuntimeError("disk /dev/secret")

    house.store.get_file = break_down  # type: ignore[method-assign]
    answer = await house.rest.get(f"/v1/images/{image.image_id}/files/alpha")
    assert_problem(answer, 500, "INTERNAL")
    assert "secret" not in answer.text


# --- operations ------------------------------------------------------------------------------------------------------


async def test_health_readiness_and_metrics(house: House) -> None:
    assert (await house.rest.get("/healthz")).text == "ok"
    ready = await house.rest.get("/readyz")
    assert ready.json() == {
        "ready": True, "version": version(),
        "parts": {"database": "ok", "segment": "ok", "matting": "ok", "compose": "ok"},
    }  # fmt: skip
    before = metrics.REGISTRY.get_sample_value("selvage_images_total", {"state": "approved"}) or 0
    job = await house.ended((await house.job(1)).job_id)
    text = (await house.rest.get("/metrics")).text
    assert f'selvage_images_total{{state="approved"}} {before + 1}' in text
    assert 'selvage_http_requests_total{method="POST",route="/v1/uploads",status="201"}' in text
    assert job.job_id not in text


async def test_the_request_id_is_the_callers_when_it_is_fit(house: House) -> None:
    kept = await house.rest.get("/healthz", headers={"X-Request-Id": "abc-1"})
    assert kept.headers["x-request-id"] == "abc-1"
    replaced = await house.rest.get("/healthz", headers={"X-Request-Id": "two words"})
    assert replaced.headers["x-request-id"] != "two words"
