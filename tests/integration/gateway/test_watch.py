"""Watching a job: nothing missed, nothing told twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest

from gateway import words
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from tests.parts.house import House, reason


async def test_a_watch_tells_every_image_to_its_end(house: House) -> None:
    job = await house.job(*range(6))
    seen: dict[str, list[images_pb2.Image]] = {}
    last = None
    async for message in house.jobs.WatchJob(jobs_service_pb2.WatchJobRequest(job_id=job.job_id), timeout=60):
        last = message.job
        for image in message.images:
            seen.setdefault(image.image_id, []).append(image)
    assert last is not None
    assert last.state == jobs_service_pb2.JOB_STATE_FINISHED
    assert last.counts.approved == 6
    assert len(seen) == 6
    for told in seen.values():
        assert told[-1].state == words.state_enum(words.APPROVED)
        versions = [int(image.etag) for image in told]
        assert versions == sorted(set(versions))


async def test_a_late_watch_gets_the_end_at_once(house: House) -> None:
    job = await house.ended((await house.job(1, 2)).job_id)
    call = house.jobs.WatchJob(jobs_service_pb2.WatchJobRequest(job_id=job.job_id), timeout=60)
    messages = [message async for message in call]
    assert len(messages) == 1
    assert len(messages[0].images) == 2
    assert messages[0].job == job


async def test_watching_an_unknown_job_is_not_found(house: House) -> None:
    request = jobs_service_pb2.WatchJobRequest(job_id="018f0000-0000-7000-8000-000000000000")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.jobs.WatchJob(request, timeout=60).read()
    assert reason(caught.value) == "JOB_NOT_FOUND"


async def test_server_sent_events_say_the_same(house: House) -> None:
    release = house.behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1)
    messages = []
    async with house.rest.stream("GET", f"/v1/jobs/{job.job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        event = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                assert event == "progress"
                messages.append(json.loads(line.removeprefix("data: ")))
                release.set()
    assert messages[0]["job"]["state"] == "JOB_STATE_RUNNING"
    assert messages[-1]["job"]["state"] == "JOB_STATE_FINISHED"
    assert messages[-1]["job"]["counts"]["approved"] == 1
    assert messages[-1]["images"][-1]["state"] == "IMAGE_STATE_APPROVED"


async def test_a_lost_listening_connection_loses_no_change(house: House) -> None:
    release = house.behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1)
    watch = asyncio.create_task(house.ended(job.job_id))
    await house.behaviour.begun["segment"].wait()
    killed = await house.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN selvage_changes'"
        " AND datname = current_database()"
    )
    assert killed == [(True,)]
    release.set()
    assert (await watch).counts.approved == 1


async def test_a_watch_ends_with_unavailable_when_the_gateway_stops(make_house: Callable[..., Any]) -> None:
    house: House = await make_house()
    house.behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1)
    call = house.jobs.WatchJob(jobs_service_pb2.WatchJobRequest(job_id=job.job_id), timeout=60)
    await call.read()

    async def drain() -> None:
        async for _ in call:
            pass

    reading = asyncio.create_task(drain())
    await asyncio.sleep(0.1)
    await house.gateway.stop()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reading
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
