"""What has expired goes and what somebody refers to stays: kind by kind, shop by shop, decision by decision."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
import pytest

from gateway.records import retention
from gateway.retention.settings import DAY, RetentionSettings, ShopRetention
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.settings import load
from tests.parts.house import House, reason
from tests.parts.retention import age, check, doubtful, stored, sweep, sweeping


async def test_kinds_expire_one_after_the_other_and_the_image_says_so(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    before = (await house.images(job.job_id))[0]
    path = f"/v1/images/{before.image_id}"
    everything = stored(house.store)
    assert await sweep(house) == 0
    assert stored(house.store) == everything

    await age(house, 11)
    assert await sweep(house) == 1
    image = (await house.images(job.job_id))[0]
    assert {file.name for file in image.files if file.expired} == {"alpha", "confidence", "trimap"}
    assert (image.state, image.update_time.seconds < before.update_time.seconds) == (before.state, True)
    assert image.etag != before.etag
    gone = await house.rest.get(f"{path}/files/alpha")
    assert (gone.status_code, gone.json()["code"]) == (410, "FILE_EXPIRED")
    assert (await house.rest.get(f"{path}/files/cutout")).status_code == 200
    await check(house)

    await age(house, 10)
    assert await sweep(house) == 1
    image = (await house.images(job.job_id))[0]
    assert all(file.expired for file in image.files) and not image.original_expired
    assert (await house.rest.get(f"{path}/files/psd")).status_code == 410
    assert (await house.rest.get(f"{path}/files/original")).status_code == 200
    assert stored(house.store) == {image.original.key}

    await age(house, 10)
    assert await sweep(house) == 1
    assert stored(house.store) == set()
    assert (await house.rest.get(f"{path}/files/original")).status_code == 410
    assert (await house.images(job.job_id))[0].original_expired
    events = await house.rows("SELECT detail FROM events WHERE kind = 'expired' ORDER BY event_id")
    assert [row[0]["kinds"] for row in events] == [["intermediates"], ["results"], ["originals"]]
    async with sweeping(house) as sweeper:
        async with sweeper._database.transaction() as connection:
            assert await retention.stored_bytes(connection, "shop") == 0
        assert await sweeper.sweep() == 0


async def test_a_photo_posted_again_keeps_what_the_later_image_refers_to(house: House) -> None:
    first = await house.ended((await house.job(1)).job_id)
    await age(house, 25)
    second = await house.ended((await house.job(1)).job_id)
    before = stored(house.store)
    assert await sweep(house) == 0
    assert stored(house.store) == before
    old, new = (await house.images(first.job_id))[0], (await house.images(second.job_id))[0]
    assert not any(file.expired for file in [*old.files, *new.files])
    for file in new.files:
        assert (await house.rest.get(f"/v1/images/{new.image_id}/files/{file.name}")).status_code == 200
    calls = dict(house.behaviour.calls)
    await house.ended((await house.job(1)).job_id)
    assert dict(house.behaviour.calls) == calls  # results are still claimed
    # The days count from the last use, for all of its images.
    await age(house, 25)
    await sweep(house)
    for job in (first, second):
        assert all(file.expired for file in (await house.images(job.job_id))[0].files)
    await check(house)


async def test_a_photo_that_has_expired_is_refused_by_jobs_until_it_is_uploaded_again(house: House) -> None:
    key = await house.upload(1)
    await age(house, 31)
    assert await sweep(house) == 1
    assert stored(house.store) == set()
    request = jobs_service_pb2.CreateJobRequest(
        shop="shop", images=[jobs_service_pb2.NewImage(original_key=key, source_name="A_1.png")]
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.jobs.CreateJob(request)
    assert reason(caught.value) == "OBJECTS_MISSING"
    assert await house.upload(1) == key
    job = await house.ended((await house.jobs.CreateJob(request)).job.job_id)
    assert job.counts.approved == 1
    await check(house)


async def test_whoever_still_has_to_decide_keeps_everything(house: House) -> None:
    house.behaviour.numbers = doubtful
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.needs_review == 1
    everything = stored(house.store)
    await age(house, 400)
    assert await sweep(house) == 0
    assert stored(house.store) == everything
    image = (await house.images(job.job_id))[0]
    await house.review.Decide(
        review_service_pb2.DecideRequest(
            image_id=image.image_id, verdict=review_service_pb2.VERDICT_APPROVE, etag=image.etag
        )
    )
    assert (await house.ended(job.job_id)).counts.approved == 1
    await check(house)


async def test_nobody_works_on_what_has_expired(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    await age(house, 11)
    await sweep(house)
    image = (await house.images(job.job_id))[0]
    request = review_service_pb2.DecideRequest(
        image_id=image.image_id, verdict=review_service_pb2.VERDICT_FIX, reason="why", etag=image.etag
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.review.Decide(request)
    assert reason(caught.value) == "IMAGE_EXPIRED"
    request.verdict = review_service_pb2.VERDICT_REJECT
    assert (await house.review.Decide(request)).image.state == images_pb2.IMAGE_STATE_REJECTED


async def test_an_image_made_anew_has_all_its_files_again(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    await age(house, 25)
    assert await sweep(house) == 1
    image = (await house.images(job.job_id))[0]
    request = jobs_service_pb2.RetryImagesRequest(job_id=job.job_id, image_ids=[image.image_id], from_stage="segment")
    await house.jobs.RetryImages(request)
    await house.ended(job.job_id)
    image = (await house.images(job.job_id))[0]
    assert image.files and not any(file.expired for file in image.files)
    for file in image.files:
        assert (await house.rest.get(f"/v1/images/{image.image_id}/files/{file.name}")).status_code == 200


async def test_shops_have_policies_of_their_own(house: House) -> None:
    keep, drop = await house.upload(1, "keep"), await house.upload(1, "drop")
    await age(house, 5)
    policy = load(RetentionSettings, originals_days=30, shops={"drop": ShopRetention(originals_days=2)})
    assert await sweep(house, policy) == 1
    assert stored(house.store) == {keep} != {drop}


async def test_an_empty_frame_stays_with_its_shoot(house: House) -> None:
    frame = await house.upload(1)
    await house.rest.put("/v1/shoots/shop/monday/empty-frame", json={"original_key": frame})
    await age(house, 100)
    assert await sweep(house) == 0
    assert stored(house.store) == {frame}


async def test_the_loop_of_a_gateway_sweeps(make_house: Any) -> None:
    settings = load(RetentionSettings, originals_days=0.5 / DAY, sweep_seconds=0.2, look_again_seconds=0)
    house = await make_house({"retention": settings})
    await house.upload(1)
    for _ in range(300):
        if not stored(house.store):
            break
        await asyncio.sleep(0.1)
    assert stored(house.store) == set()
