"""Cancelling stops what has not started and discards what has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from gateway.pipeline import TRUST_SECONDS
from selvage_api.jobs.v1 import jobs_service_pb2
from tests.parts.house import House
from tests.parts.samples import Samples


async def test_cancel_stops_waiting_images_and_discards_running_ones(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(workers=1)
    release = house.behaviour.hold["segment"] = asyncio.Event()
    samples = Samples()
    job = await house.job(1, 2, 3)
    await house.behaviour.begun["segment"].wait()
    await house.recorded(2)
    answer = await house.jobs.CancelJob(jobs_service_pb2.CancelJobRequest(job_id=job.job_id))
    assert answer.job.state == jobs_service_pb2.JOB_STATE_CANCELLED
    assert answer.job.counts.cancelled == 3
    assert samples.grown("selvage_images_total", state="cancelled") == 3
    release.set()
    # A later job passes the same worker, so what was left of the first has ended by then.
    del house.behaviour.hold["segment"]
    assert (await house.ended((await house.job(9)).job_id)).counts.approved == 1
    images = await house.images(job.job_id)
    assert [len(image.files) for image in images] == [0, 0, 0]
    assert [[run.stage for run in image.stages] for image in images] == [["intake", "plate"], [], []]
    assert house.behaviour.calls["segment"] == 2
    kinds = await house.rows(
        "SELECT to_state, count(*) FROM events WHERE job_id = %s AND kind = 'cancelled' GROUP BY 1", job.job_id
    )
    assert kinds == [("cancelled", 3)]
    assert await house.rows("SELECT status FROM procrastinate_jobs") == []


async def test_no_further_stage_of_a_cancelled_image_begins(house: House) -> None:
    release = house.behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1)
    await house.behaviour.begun["segment"].wait()
    await house.jobs.CancelJob(jobs_service_pb2.CancelJobRequest(job_id=job.job_id))
    # By then the run no longer goes by what it heard before.
    await asyncio.sleep(2 * TRUST_SECONDS)
    release.set()
    del house.behaviour.hold["segment"]
    assert (await house.ended((await house.job(9)).job_id)).counts.approved == 1
    assert house.behaviour.calls["segment"] == 2
    assert house.behaviour.calls["matte"] == 1


async def test_cancelling_an_ended_job_changes_nothing(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    answer = await house.jobs.CancelJob(jobs_service_pb2.CancelJobRequest(job_id=job.job_id))
    assert answer.job == job
