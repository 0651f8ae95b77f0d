"""Keys and quotas over REST and gRPC alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc.aio
import pytest

from gateway.access import tokens
from selvage_api.access.v1 import access_service_pb2 as pb
from selvage_api.access.v1 import access_service_pb2_grpc
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit import rpc
from tests.parts.callers import OPERATOR, Caller, operator, required
from tests.parts.house import House


@pytest.fixture
async def house(make_house: Callable[..., Any]) -> House:
    made: House = await make_house(required())
    return made


@pytest.fixture
async def access(house: House) -> AsyncIterator[Any]:
    async with rpc.connect(house.gateway.grpc_address) as channel:
        yield access_service_pb2_grpc.AccessServiceStub(channel)


async def test_a_key_made_over_either_way_opens_both(house: House, access: Any) -> None:
    chief = operator(house)
    over_rest = await chief.key_for("shop", "submit", "review", label="storefront")
    request = pb.CreateKeyRequest(shop="shop", roles=[pb.ROLE_SUBMIT], label="worker")
    made = await access.CreateKey(request, metadata=chief.metadata)
    assert made.key.key_id in made.secret
    assert (made.key.shop, made.key.roles, made.key.label) == ("shop", [pb.ROLE_SUBMIT], "worker")
    assert not made.key.HasField("expire_time")
    for caller in (over_rest, Caller(house, made.secret)):
        assert (await caller.rest("GET", "/v1/jobs")).status_code == 200
        assert await caller.code(house.jobs.ListJobs, jobs_service_pb2.ListJobsRequest()) == ""


async def test_both_headers_are_read(house: House) -> None:
    for headers in ({"X-Api-Key": str(OPERATOR)}, {"Authorization": f"bearer {OPERATOR}"}):
        assert (await house.rest.get("/v1/jobs", headers=headers)).status_code == 200
        metadata = [(name.lower(), value) for name, value in headers.items()]
        await house.jobs.ListJobs(jobs_service_pb2.ListJobsRequest(), metadata=metadata)


async def test_the_secret_is_stored_as_its_hash_alone(house: House) -> None:
    key = tokens.parse((await operator(house).key_for("shop", "submit")).key)
    assert key is not None
    [row] = await house.rows("SELECT k::text, secret_sha256 FROM api_keys k")
    assert key.secret not in row[0]
    assert row[1] == key.digest


@pytest.mark.parametrize(
    ("key", "reason", "challenge"),
    [
        ("", "KEY_MISSING", 'Bearer realm="selvage"'),
        ("nonsense", "KEY_REFUSED", 'Bearer realm="selvage", error="invalid_token"'),
        (str(tokens.new("operator")), "KEY_REFUSED", 'Bearer realm="selvage", error="invalid_token"'),
        (str(tokens.new()), "KEY_REFUSED", 'Bearer realm="selvage", error="invalid_token"'),
    ],
    ids=["none", "nonsense", "an operator's of elsewhere", "a shop's of elsewhere"],
)
async def test_who_has_no_good_key_is_told_what_to_do(house: House, key: str, reason: str, challenge: str) -> None:
    stranger = Caller(house, key)
    answer = await stranger.rest("GET", "/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, reason)
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
    request = jobs_service_pb2.ListJobsRequest()
    assert await stranger.code(house.jobs.ListJobs, request) == reason
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.jobs.ListJobs(request, metadata=stranger.metadata)
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
    # Not even whether a path exists.
    assert (await stranger.rest("GET", "/v1/nothing")).status_code == 401


async def test_a_shops_things_do_not_exist_for_another(house: House) -> None:
    chief = operator(house)
    ours, theirs = [await chief.key_for(shop, "submit", "review") for shop in ("shop", "other")]
    upload = await ours.rest("POST", "/v1/uploads", params={"shop": "shop"}, content=b"bytes")
    key = upload.json()["object"]["key"]
    body = {"shop": "shop", "images": [{"original_key": key}]}
    job = (await ours.rest("POST", "/v1/jobs", json=body)).json()["job"]["job_id"]
    images = (await ours.rest("GET", f"/v1/jobs/{job}/images")).json()["images"]
    image = images[0]["image_id"]

    for method, path in (
        ("GET", f"/v1/jobs/{job}"), ("GET", f"/v1/jobs/{job}/images"), ("GET", f"/v1/jobs/{job}/events"),
        ("POST", f"/v1/jobs/{job}:cancel"), ("GET", f"/v1/images/{image}"),
        ("GET", f"/v1/images/{image}/files/original"), ("GET", f"/v1/images/{image}/files/original/url"),
    ):  # fmt: skip
        foreign = await theirs.rest(method, path)
        assert (foreign.status_code, foreign.json()["code"]) in ((404, "JOB_NOT_FOUND"), (404, "IMAGE_NOT_FOUND")), path
        unknown = await theirs.rest(method, path.replace(job, str(uuid4())).replace(image, str(uuid4())))
        assert unknown.status_code == 404
    for stub, request in (
        (house.jobs.GetJob, jobs_service_pb2.GetJobRequest(job_id=job)),
        (house.jobs.WatchJob, jobs_service_pb2.WatchJobRequest(job_id=job)),
        (house.jobs.CancelJob, jobs_service_pb2.CancelJobRequest(job_id=job)),
        (house.jobs.ListImages, jobs_service_pb2.ListImagesRequest(job_id=job)),
    ):
        assert await theirs.code(stub, request) == "JOB_NOT_FOUND"
    assert await theirs.code(house.jobs.GetImage, jobs_service_pb2.GetImageRequest(image_id=image)) == "IMAGE_NOT_FOUND"
    decide = {"verdict": "VERDICT_REJECT", "reason": "no", "etag": "1"}
    assert (await theirs.rest("POST", f"/v1/images/{image}:decide", json=decide)).status_code == 404
    decision = review_service_pb2.DecideRequest(
        image_id=image, verdict=review_service_pb2.VERDICT_REJECT, reason="no", etag="1"
    )
    assert await theirs.code(house.review.Decide, decision) == "IMAGE_NOT_FOUND"

    assert [one["job_id"] for one in (await ours.rest("GET", "/v1/jobs")).json()["jobs"]] == [job]
    assert (await theirs.rest("GET", "/v1/jobs")).json()["jobs"] == []
    assert len((await chief.rest("GET", "/v1/jobs")).json()["jobs"]) == 1
    assert (await theirs.rest("GET", "/v1/jobs", params={"shop": "shop"})).json()["code"] == "SHOP_FORBIDDEN"
    assert (await theirs.rest("POST", "/v1/jobs", json=body)).json()["code"] == "SHOP_FORBIDDEN"
    assert (await theirs.rest("POST", "/v1/uploads", params={"shop": "shop"})).json()["code"] == "SHOP_FORBIDDEN"


async def test_an_administrator_of_a_shop_keeps_to_it(house: House) -> None:
    chief = operator(house)
    local = await chief.key_for("shop", "admin")
    other = await chief.key_for("other", "submit")
    mine = await local.key_for("shop", "admin")
    listed = (await local.rest("GET", "/v1/keys")).json()["keys"]
    assert [key["key_id"] for key in listed] == [mine.key_id, local.key_id]

    async def refused(method: str, path: str, **more: Any) -> str:
        answer = await local.rest(method, path, **more)
        assert answer.is_error
        return str(answer.json()["code"])

    assert await refused("POST", "/v1/keys", json={"roles": ["ROLE_ADMIN"]}) == "EVERY_SHOP_NEEDED"
    assert await refused("POST", "/v1/keys", json={"shop": "other", "roles": ["ROLE_SUBMIT"]}) == "SHOP_FORBIDDEN"
    assert await refused("GET", "/v1/keys", params={"shop": "other"}) == "SHOP_FORBIDDEN"
    assert await refused("POST", f"/v1/keys/{other.key_id}:revoke") == "KEY_NOT_FOUND"
    assert await refused("POST", f"/v1/keys/{other.key_id}:rotate") == "KEY_NOT_FOUND"
    assert await refused("PUT", "/v1/quotas/shop", json={"quota": {"open_images": -1}}) == "EVERY_SHOP_NEEDED"
    assert await refused("GET", "/v1/quotas/other") == "SHOP_FORBIDDEN"
    assert (await local.rest("GET", "/v1/quotas/shop")).status_code == 200


async def test_keys_are_listed_in_pages_without_secrets(house: House, access: Any) -> None:
    chief = operator(house)
    made = [(await chief.key_for("shop", "submit")).key_id for _ in range(5)]
    found: list[str] = []
    token = ""
    while True:
        request = pb.ListKeysRequest(shop="shop", page_size=2, page_token=token)
        page = await access.ListKeys(request, metadata=chief.metadata)
        found += [key.key_id for key in page.keys]
        token = page.next_page_token
        if not token:
            break
    assert found == made[::-1]
    assert "secret" not in (await chief.rest("GET", "/v1/keys")).text


@pytest.mark.parametrize(
    "body",
    [
        {"roles": []},
        {"roles": ["ROLE_UNSPECIFIED"]},
        {"roles": [77]},
        {"roles": ["ROLE_SUBMIT"], "shop": "No Shop"},
        {"roles": ["ROLE_SUBMIT"], "label": "x" * 201},
        {"roles": ["ROLE_SUBMIT"], "label": "nul\0"},
        {"roles": ["ROLE_SUBMIT"], "expire_time": "2020-01-01T00:00:00Z"},
        {"roles": ["ROLE_SUBMIT"], "expire_time": datetime.now(UTC).isoformat()},
    ],
)
async def test_what_cannot_be_a_key(house: House, body: dict[str, Any]) -> None:
    answer = await operator(house).rest("POST", "/v1/keys", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "FIELDS_INVALID")


async def test_revoking_and_rotating_what_is_not_there(house: House) -> None:
    chief = operator(house)
    for key_id in ("nothing", "operator", "%00", "a b"):
        for verb in ("revoke", "rotate"):
            answer = await chief.rest("POST", f"/v1/keys/{key_id}:{verb}")
            assert (answer.status_code, answer.json()["code"]) == (404, "KEY_NOT_FOUND")
    ended = await chief.key_for("shop", "submit")
    for _ in range(2):
        answer = await chief.rest("POST", f"/v1/keys/{ended.key_id}:revoke")
        assert answer.status_code == 200
    assert (await chief.rest("POST", f"/v1/keys/{ended.key_id}:rotate")).json()["code"] == "KEY_ENDED"
    key = await chief.key_for("shop", "submit", expire_time=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    for overlap in (-1, 31 * 86_400):
        answer = await chief.rest("POST", f"/v1/keys/{key.key_id}:rotate", json={"overlap_seconds": overlap})
        assert answer.status_code == 400
    answer = await chief.rest("POST", f"/v1/keys/{key.key_id}:rotate", json={"key_id": "another"})
    assert answer.status_code == 400


async def test_quotas_are_what_was_set_last(house: House, access: Any) -> None:
    chief = operator(house)
    empty = (await chief.rest("GET", "/v1/quotas/shop")).json()
    assert empty["quota"] == {
        "shop": "shop", "requests_per_minute": 0, "images_per_month": "0", "open_images": "0", "stored_bytes": "0",
    }  # fmt: skip
    assert empty["use"] == {"images_this_month": "0", "open_images": "0", "stored_bytes": "0"}
    for requests in (100, -1):
        quota = pb.Quota(shop="shop", requests_per_minute=requests, images_per_month=7, stored_bytes=1 << 40)
        await access.SetQuota(pb.SetQuotaRequest(quota=quota), metadata=chief.metadata)
        got = await access.GetQuota(pb.GetQuotaRequest(shop="shop"), metadata=chief.metadata)
        assert got.quota == quota
    for wrong in ({"open_images": -2}, {"shop": "other"}):
        assert (await chief.rest("PUT", "/v1/quotas/shop", json={"quota": wrong})).status_code == 400


async def test_metrics_can_be_closed(make_house: Callable[..., Any]) -> None:
    house = await make_house(required(open_metrics=False))
    assert (await house.rest.get("/metrics")).status_code == 401
    assert (await house.rest.get("/healthz")).status_code == 200
    reviewer = await operator(house).key_for("shop", "review")
    assert (await reviewer.rest("GET", "/metrics")).status_code == 200
