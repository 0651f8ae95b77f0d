"""Limits of a shop, with everybody asking at once and over two gateways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2

from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import rpc
from services.kit.rpc.status import DETAILS_KEY
from tests.parts.callers import Caller, operator, required
from tests.parts.house import House

PROBLEM = "https://iana.org/assignments/http-problem-types#quota-exceeded"


async def set_quota(house: House, *, shop: str = "shop", **limits: int) -> None:
    answer = await operator(house).rest("PUT", f"/v1/quotas/{shop}", json={"quota": limits})
    assert answer.status_code == 200, answer.text


async def create(caller: Caller, key: str, images: int = 1, **more: Any) -> str:
    """Reason of the refusal, '' for a job."""
    request = jobs_service_pb2.CreateJobRequest(
        shop="shop", images=[jobs_service_pb2.NewImage(original_key=key)] * images, **more
    )
    return await caller.code(caller.house.jobs.CreateJob, request)


async def upload(caller: Caller, content: bytes = b"photo") -> str:
    answer = await caller.rest("POST", "/v1/uploads", params={"shop": "shop"}, content=content)
    assert answer.status_code in (200, 201), answer.text
    key: str = answer.json()["object"]["key"]
    return key


@pytest.fixture
async def callers(make_house: Callable[..., Any]) -> list[Caller]:
    """One key at two gateways on one database; nobody works, so that images stay open."""
    houses = [await make_house(required(cache_seconds=0), role="serve") for _ in range(2)]
    key = (await operator(houses[0]).key_for("shop", "submit", "admin")).key
    return [Caller(house, key) for house in houses]


@pytest.mark.parametrize("limit", ["images_per_month", "open_images"])
async def test_fifty_at_once_never_pass_the_limit(callers: list[Caller], limit: str) -> None:
    house = callers[0].house
    key = await upload(callers[0])
    limits: dict[str, Any] = {limit: 20}
    await set_quota(house, **limits)
    found = await asyncio.gather(*(create(callers[index % 2], key) for index in range(50)))
    assert sorted(found) == [""] * 20 + ["QUOTA_EXCEEDED"] * 30
    assert await house.rows("SELECT count(*) FROM images") == [(20,)]
    assert await house.rows("SELECT count(*) FROM jobs") == [(20,)]
    use = (await callers[1].rest("GET", "/v1/quotas/shop")).json()["use"]
    assert (use["images_this_month"], use["open_images"]) == ("20", "20")


async def test_a_job_that_would_pass_the_limit_is_refused_whole(callers: list[Caller]) -> None:
    key = await upload(callers[0])
    await set_quota(callers[0].house, open_images=3)
    assert await create(callers[0], key, 4, request_id="a") == "QUOTA_EXCEEDED"
    assert await create(callers[0], key, 3, request_id="b") == ""
    # The same request again is no new image, and a refused one may come again.
    assert await create(callers[0], key, 3, request_id="b") == ""
    await set_quota(callers[0].house, open_images=7)
    assert await create(callers[0], key, 4, request_id="a") == ""


async def test_other_shops_are_not_touched(callers: list[Caller]) -> None:
    await set_quota(callers[0].house, shop="other", open_images=1, images_per_month=1, stored_bytes=1)
    key = await upload(callers[0])
    assert await create(callers[0], key, 5) == ""


async def test_cancelled_images_are_open_no_longer_but_count_for_the_month(callers: list[Caller]) -> None:
    house = callers[0].house
    key = await upload(callers[0])
    await set_quota(house, open_images=2)
    assert await create(callers[0], key, 2) == ""
    assert await create(callers[0], key) == "QUOTA_EXCEEDED"
    [(job,)] = await house.rows("SELECT job_id FROM jobs")
    await callers[0].rest("POST", f"/v1/jobs/{job}:cancel")
    assert await create(callers[0], key) == ""
    use = (await callers[0].rest("GET", "/v1/quotas/shop")).json()["use"]
    assert (use["images_this_month"], use["open_images"]) == ("3", "1")


async def test_a_new_month_begins_at_nothing(callers: list[Caller]) -> None:
    house = callers[0].house
    key = await upload(callers[0])
    await set_quota(house, images_per_month=2)
    assert await create(callers[0], key, 2) == ""
    refused = await callers[0].rest("POST", "/v1/jobs", json={"shop": "shop", "images": [{"original_key": key}]})
    now = datetime.now(UTC)
    following = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    assert abs(int(refused.headers["Retry-After"]) - (following - now).total_seconds()) < 60
    await house.rows("UPDATE shop_use SET month = (month - interval '1 month')::date RETURNING 1")
    assert (await callers[0].rest("GET", "/v1/quotas/shop")).json()["use"]["images_this_month"] == "0"
    assert await create(callers[0], key, 2) == ""
    assert await create(callers[0], key) == "QUOTA_EXCEEDED"


async def test_above_its_bytes_a_shop_stores_nothing_more(callers: list[Caller]) -> None:
    key = await upload(callers[0], b"x" * 1000)
    await set_quota(callers[0].house, stored_bytes=1000)
    assert await create(callers[0], key) == ""
    await set_quota(callers[0].house, stored_bytes=999)
    assert await create(callers[0], key) == "QUOTA_EXCEEDED"
    answer = await callers[0].rest("POST", "/v1/uploads", params={"shop": "shop"}, content=b"y")
    assert (answer.status_code, answer.json()["code"]) == (429, "QUOTA_EXCEEDED")
    assert (await callers[0].rest("GET", "/v1/quotas/shop")).json()["use"]["stored_bytes"] == "1000"


async def test_requests_are_counted_over_all_gateways(callers: list[Caller]) -> None:
    house = callers[0].house
    await set_quota(house, requests_per_minute=3)
    first = await callers[0].rest("GET", "/v1/jobs")
    assert first.headers["RateLimit-Policy"] == '"requests";q=3;w=60'
    assert first.headers["RateLimit"] == '"requests";r=2;t=20'
    found = await asyncio.gather(*(callers[index % 2].rest("GET", "/v1/jobs") for index in range(12)))
    assert sorted(answer.status_code for answer in found) == [200] * 2 + [429] * 10
    refused = next(answer for answer in found if answer.status_code == 429)
    assert refused.headers["RateLimit"].startswith('"requests";r=0;t=')
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    told = refused.json()
    assert (told["type"], told["code"], told["violated-policies"]) == (PROBLEM, "REQUESTS_EXCEEDED", ["requests"])
    # A token comes back every 20 seconds.
    await house.rows("UPDATE request_buckets SET at = at - interval '20 seconds' RETURNING 1")
    found = [await caller.rest("GET", "/v1/jobs") for caller in callers]
    assert [answer.status_code for answer in found] == [200, 429]


async def test_grpc_tells_when_to_come_again(callers: list[Caller]) -> None:
    await set_quota(callers[0].house, requests_per_minute=1)
    jobs, request = callers[0].house.jobs, jobs_service_pb2.ListJobsRequest()
    await jobs.ListJobs(request, metadata=callers[0].metadata)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await jobs.ListJobs(request, metadata=callers[0].metadata)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    trailers = dict(caught.value.trailing_metadata() or ())
    again = error_details_pb2.RetryInfo()
    details = status_pb2.Status.FromString(trailers[DETAILS_KEY]).details
    assert any(detail.Unpack(again) for detail in details)
    assert 1 <= again.retry_delay.seconds <= 60
    assert rpc.from_rpc_error(caught.value).details["policy"] == "requests"


async def test_keys_of_every_shop_have_no_limit(callers: list[Caller]) -> None:
    await set_quota(callers[0].house, requests_per_minute=1)
    for _ in range(3):
        answer = await operator(callers[0].house).rest("GET", "/v1/jobs")
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


async def test_the_defaults_are_for_shops_without_a_quota_of_their_own(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(cache_seconds=0, open_images=1, requests_per_minute=0), role="serve")
    chief = operator(house)
    key = await upload(chief)
    assert await create(chief, key, 2) == "QUOTA_EXCEEDED"
    await set_quota(house, open_images=-1)
    assert await create(chief, key, 2) == ""
    shop = await chief.key_for("shop", "submit")
    assert (await shop.rest("GET", "/v1/jobs")).json()["code"] == "REQUESTS_EXCEEDED"


async def test_without_keys_the_limits_of_images_hold_all_the_same(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve")
    nobody = Caller(house)
    answer = await nobody.rest("PUT", "/v1/quotas/shop", json={"quota": {"open_images": 1}})
    assert answer.status_code == 200
    key = await upload(nobody)
    assert [await create(nobody, key) for _ in range(2)] == ["", "QUOTA_EXCEEDED"]
