"""Thousands of images in one call, the same call many times at once, and a queue that is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.db import Database
from gateway.engine import Engine
from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from tests.parts.house import House

MANY = 10_000
# Every field filled, so that the message is as long as they get: more than gRPC's usual 4 MiB.
FIELDS = {"sku": "S" * 60, "shoot": "summer " * 20, "category": "knitwear " * 10, "template": "", "image_no": "1"}


def long_images(key: str) -> list[dict[str, Any]]:
    named = ({"source_name": f"{'long name ' * 10}{number}.jpg"} for number in range(MANY))
    return [FIELDS | {"original_key": key} | name for name in named]


async def stored(house: House, job_id: str) -> list[tuple[Any, ...]]:
    """(images, tasks, events, transactions) of a job."""
    return await house.rows(
        "SELECT count(*), count(t.id), (SELECT count(*) FROM events WHERE job_id = %s AND kind = 'received'),"
        " count(DISTINCT i.xmin::text) FROM images i LEFT JOIN procrastinate_jobs t"
        " ON t.id = i.task_id AND t.args ->> 'image_id' = i.image_id::text WHERE i.job_id = %s",
        job_id,
        job_id,
    )


@pytest.mark.slow
async def test_ten_thousand_images_in_one_call(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve")
    key = await house.upload(1)
    images = long_images(key)
    request = pb.CreateJobRequest(shop="shop", images=[pb.NewImage(**image) for image in images])
    assert request.ByteSize() > 4 << 20
    over_grpc = (await house.jobs.CreateJob(request, timeout=120)).job
    assert over_grpc.counts.received == MANY
    answer = await house.rest.post("/v1/jobs", json={"shop": "shop", "images": images}, timeout=120)
    assert answer.status_code == 201, answer.text
    for job_id in (over_grpc.job_id, answer.json()["job"]["job_id"]):
        assert await stored(house, job_id) == [(MANY, MANY, MANY, 1)]


async def test_the_same_request_fifty_times_at_once_is_one_job(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve")
    image: dict[str, Any] = {"original_key": await house.upload(1), "source_name": "TEE_1.png"}
    request = pb.CreateJobRequest(shop="shop", request_id="over-grpc", images=[pb.NewImage(**image)])
    answers = await asyncio.gather(*(house.jobs.CreateJob(request, timeout=60) for _ in range(50)))
    assert len({answer.job.job_id for answer in answers}) == 1
    body, headers = {"shop": "shop", "images": [image]}, {"Idempotency-Key": "over-rest"}
    replies = await asyncio.gather(*(house.rest.post("/v1/jobs", json=body, headers=headers) for _ in range(50)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["job"]["job_id"] for reply in replies}) == 1
    assert sum("idempotent-replayed" not in reply.headers for reply in replies) == 1
    assert await house.rows("SELECT count(*) FROM jobs") == [(2,)]
    assert await house.rows("SELECT count(*) FROM images") == [(2,)]
    assert await house.rows("SELECT count(*) FROM procrastinate_jobs") == [(2,)]


async def test_a_job_tells_and_keeps_its_priority(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve")
    for asked, told, queue in (
        (pb.PRIORITY_RUSH, pb.PRIORITY_RUSH, "images-rush"),
        (pb.PRIORITY_BULK, pb.PRIORITY_BULK, "images-bulk"),
        (pb.PRIORITY_UNSPECIFIED, pb.PRIORITY_NORMAL, "images-normal"),
    ):
        job = await house.job(1, priority=asked)
        assert job.priority == told
        assert (await house.jobs.GetJob(pb.GetJobRequest(job_id=job.job_id))).job.priority == told
        assert await house.rows(
            "SELECT queue_name FROM procrastinate_jobs t JOIN images i ON i.task_id = t.id WHERE job_id = %s",
            job.job_id,
        ) == [(queue,)]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.job(1, priority=77)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_full_queue_refuses_and_says_when_to_come_again(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve", waiting_images=4, waiting_images_per_shop=3)
    await house.job(1, 2)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.job(3, 4)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    pause = error_details_pb2.RetryInfo()
    status = rpc_status.from_call(caught.value)
    assert any(detail.Unpack(pause) for detail in status.details)
    assert pause.retry_delay.seconds >= 1
    other: dict[str, Any] = {"shop": "other", "images": [{"original_key": await house.upload(1, "other")}] * 3}
    refused = await house.rest.post("/v1/jobs", json=other)  # this shop may have three, the queue no more than four
    assert (refused.status_code, refused.json()["code"]) == (429, "QUEUE_FULL")
    assert int(refused.headers["retry-after"]) >= 1
    other["images"].pop()
    assert (await house.rest.post("/v1/jobs", json=other)).status_code == 201
    assert await house.rows("SELECT count(*) FROM images") == [(4,)]
    # What was made before is answered even now.
    assert (await house.rest.get("/v1/jobs")).status_code == 200


async def test_the_time_to_come_again_follows_the_drain(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve", waiting_images=10)
    await house.job(*range(10))
    database = Database(house.gateway.database_url, 3)
    await database.open()
    engine = Engine(database)
    async with database.transaction() as connection:
        before = await engine.claimed(connection)
        for _ in range(5):
            await connection.execute("SELECT claim_task(NULL)")
        assert await engine.claimed(connection) == before + 5
    await database.close()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.job(*range(10, 14))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    pause = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(pause) for detail in rpc_status.from_call(caught.value).details)
    # Five were claimed within the seconds of this test: four more take about as long, not the half minute of nobody.
    assert 1 <= pause.retry_delay.seconds < 30


async def test_a_job_larger_than_the_limit_fits_into_an_empty_queue(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve", waiting_images=2)
    assert (await house.job(1, 2, 3)).counts.received == 3


async def test_what_a_request_made_first_is_answered_by_a_full_queue(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve", waiting_images=1)
    first = await house.job(1, request_id="a")
    assert (await house.job(1, request_id="a")).job_id == first.job_id
