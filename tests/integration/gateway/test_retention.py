"""What has expired goes, what somebody refers to stays, in every order of jobs, decisions, uploads and crashes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import psycopg
import pytest

from gateway.db import Database
from gateway.records import photos, retention
from gateway.retention import kinds
from gateway.retention.orphans import Orphans
from gateway.retention.settings import DAY, RetentionSettings, ShopRetention
from gateway.retention.sweeper import NOT_ENDED, Sweeper
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.matting.v1 import matting_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import StoreUnavailable
from services.kit.settings import load
from services.kit.store import ObjectStore
from tests.parts.house import House, reason

ALL = load(RetentionSettings, originals_days=30, intermediates_days=10, results_days=20, look_again_seconds=0)


@asynccontextmanager
async def sweeping(house: House, settings: RetentionSettings = ALL) -> AsyncIterator[Sweeper]:
    database = Database(house.gateway.database_url, 4)
    await database.open()
    yield Sweeper(database, house.store, settings)
    await database.close()


async def sweep(house: House, settings: RetentionSettings = ALL) -> int:
    async with sweeping(house, settings) as sweeper:
        return await sweeper.sweep()


async def age(house: House, days: float, *, job_id: str = "", uploads: bool = True) -> None:
    """Everything, or the images of one job, is so many days older than it was."""
    async with await psycopg.AsyncConnection.connect(house.gateway.database_url) as connection:
        # In the order in which everybody locks.
        if uploads:
            await connection.execute("SELECT 1 FROM photos ORDER BY key FOR UPDATE")
            await connection.execute("UPDATE photos SET used_at = used_at - make_interval(secs => %s)", [days * DAY])
        await connection.execute("SELECT 1 FROM images ORDER BY image_id FOR UPDATE")
        await connection.execute(
            "UPDATE images SET updated_at = updated_at - make_interval(secs => %s) WHERE %s IN ('', job_id::text)",
            [days * DAY, job_id],
        )


def doubtful(_sha256: str, numbers: matting_service_pb2.MatteNumbers) -> None:
    numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)


def stored(store: ObjectStore) -> set[str]:
    return {each.key for each in store.list("")}


async def check(house: House) -> None:
    """Every object somebody refers to is there; nothing else is there that has been referred to and let go."""
    images = await house.rows("SELECT image_id, state, expired, files, original ->> 'key' FROM images")
    passed = await house.rows("SELECT image_id, stage, outputs FROM stage_runs")
    there = stored(house.store)
    wanted: set[str] = set()
    for image_id, state, expired, files, original in images:
        mine = [{"stage": stage, "outputs": outputs} for owner, stage, outputs in passed if owner == image_id]
        row = {"state": state, "expired": expired, "files": files, "passed": mine}
        keep = [] if kinds.ORIGINALS in expired else [original]
        wanted |= kinds.live(kinds.references([row], NOT_ENDED), keep).keys
    assert wanted <= there, sorted(wanted - there)
    known = {row[0] for row in await house.rows("SELECT key FROM uploads")}
    assert known <= there
    claimed = await house.rows("SELECT outputs FROM results")
    assert {output["key"] for (outputs,) in claimed for output in outputs.values()} <= there


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


@pytest.mark.parametrize("kept_back", [0, 1, 3])
async def test_a_crash_between_rows_and_objects_loses_nothing_and_is_made_good(house: House, kept_back: int) -> None:
    job = await house.ended((await house.job(1, 2)).job_id)
    await age(house, 25)
    async with sweeping(house) as sweeper:
        delete, left = house.store.delete, [kept_back]

        def failing(key: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise StoreUnavailable(cause="the process was killed here")
            delete(key)

        house.store.delete = failing  # type: ignore[method-assign]
        assert await sweeper.sweep() == 0
        await check(house)
        house.store.delete = delete  # type: ignore[method-assign]
        # In between the photo is posted again, and works.
        again = await house.ended((await house.job(1)).job_id)
        assert again.counts.approved == 1
        await check(house)
        await sweeper.sweep()
    await check(house)
    assert await house.rows("SELECT 1 FROM photos WHERE sweeping") == []
    images = await house.images(job.job_id)
    lost = [file.object.key for file in images[1].files]
    assert lost and not set(lost) & stored(house.store)


async def test_a_job_that_comes_between_rows_and_objects_saves_them(house: House) -> None:
    key = await house.upload(1)
    await age(house, 31)
    async with sweeping(house) as sweeper:
        assert await sweeper.tell(key)
        job = await house.ended((await house.job(1)).job_id)
        assert job.counts.approved == 1
        await sweeper.delete(key)
    await check(house)
    assert key in stored(house.store)


async def test_an_upload_that_meets_the_deletion_puts_the_photo_again(house: House) -> None:
    """The upload has seen the object; then the sweeper, who holds the photo, deletes it."""
    key = await house.upload(1)
    await age(house, 31)
    async with sweeping(house) as sweeper:
        assert await sweeper.tell(key)
        async with sweeper._database.transaction() as connection:
            # As the sweeper's second transaction, with time in the middle.
            await connection.execute("SELECT 1 FROM photos WHERE key = %s FOR UPDATE", [key])
            uploading = asyncio.create_task(house.upload(1))
            await asyncio.sleep(0.5)
            assert not uploading.done()
            house.store.delete(key)
            await connection.execute("DELETE FROM photos WHERE key = %s", [key])
        assert await uploading == key
    await check(house)
    assert key in stored(house.store)


async def test_one_process_sweeps_at_a_time(house: House) -> None:
    await house.upload(1)
    await age(house, 31)
    async with sweeping(house) as first, sweeping(house) as second:

        async def meanwhile() -> int:
            assert await second.sweep() == 0
            return 7

        assert await first.alone(meanwhile) == 7
        assert await second.sweep() == 1


async def test_orphans_go_when_they_have_been_seen_for_long_enough(house: House) -> None:
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    digest = image.original.sha256
    known = stored(house.store)
    lost = {
        f"shop/{digest}/matting/{'a' * 64}/alpha.png",  # of a stage that was killed
        f"shop/{'b' * 64}/original/photo",  # of an upload that was
    }
    others = {"shop/improvements/x", "shop/pending/y"}
    for key in lost | others:
        house.store.put(key, b"lost", "application/octet-stream")
    async with sweeping(house) as sweeper:
        patient, now = (Orphans(sweeper._database, house.store, seconds) for seconds in (DAY, 0))
        assert await patient.sweep() == 0
        assert stored(house.store) == known | lost | others
        async with await psycopg.AsyncConnection.connect(house.gateway.database_url) as connection:
            await connection.execute("UPDATE orphans SET seen_at = seen_at - interval '2 days'")
        # One of them is wanted after all.
        async with sweeper._database.transaction() as connection:
            await photos.hold(connection, [images_pb2.ObjectRef(key=f"shop/{'b' * 64}/original/photo", size_bytes=4)])
        assert await patient.sweep() == 1
        assert stored(house.store) == known | others | {f"shop/{'b' * 64}/original/photo"}
        assert await now.sweep() == 0
    assert await house.rows("SELECT key FROM orphans") == []


async def test_the_plate_of_a_shoot_is_no_orphan(house: House) -> None:
    keys = [await house.upload(seed) for seed in (1, 2, 3)]
    images = [
        jobs_service_pb2.NewImage(original_key=key, source_name=f"A{n}_1.png", shoot="m") for n, key in enumerate(keys)
    ]
    made = await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))
    await house.ended(made.job.job_id)
    before = stored(house.store)
    async with sweeping(house) as sweeper:
        assert await Orphans(sweeper._database, house.store, 0).sweep() == 0
    assert stored(house.store) == before


async def test_the_loop_of_a_gateway_sweeps(make_house: Any) -> None:
    settings = load(RetentionSettings, originals_days=0.5 / DAY, sweep_seconds=0.2, look_again_seconds=0)
    house = await make_house({"retention": settings})
    await house.upload(1)
    for _ in range(300):
        if not stored(house.store):
            break
        await asyncio.sleep(0.1)
    assert stored(house.store) == set()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_jobs_ageing_decisions_sweeps_and_crashes(house: House, seed: int) -> None:
    """A random schedule over five photos that jobs share; the sweeper runs beside the jobs."""
    rng = random.Random(seed)

    def some_doubtful(sha256: str, numbers: matting_service_pb2.MatteNumbers) -> None:
        if int(sha256[0], 16) < 6:
            numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)

    house.behaviour.numbers = some_doubtful
    jobs: list[str] = []

    async def new_job() -> None:
        jobs.append((await house.job(*rng.sample(range(5), rng.randint(1, 3)))).job_id)

    async def wait() -> None:
        if jobs:
            await house.ended(rng.choice(jobs))

    async def decide() -> None:
        for image in await house.images(rng.choice(jobs)) if jobs else []:
            verdict = rng.choice([review_service_pb2.VERDICT_APPROVE, review_service_pb2.VERDICT_REJECT])
            request = review_service_pb2.DecideRequest(
                image_id=image.image_id, verdict=verdict, reason="because", etag=image.etag
            )
            try:
                await house.review.Decide(request)
            except grpc.aio.AioRpcError as error:
                assert reason(error) in ("NOT_DECIDABLE", "ETAG_MISMATCH", "IMAGE_EXPIRED")

    async def older() -> None:
        await age(house, rng.choice([4, 12, 25, 40]), job_id=rng.choice([*jobs, ""]), uploads=rng.random() < 0.7)

    async with sweeping(house) as sweeper:

        async def crash() -> None:
            for (key,) in await house.rows("SELECT key FROM photos"):
                if rng.random() < 0.5:
                    await sweeper.tell(key)

        steps = [new_job, new_job, wait, decide, older, older, sweeper.sweep, sweeper.sweep, crash]
        for _ in range(30):
            picked = rng.sample(steps, rng.choice([1, 1, 2, 3]))
            await asyncio.gather(*(step() for step in picked))
        for job_id in jobs:
            ended = await house.ended(job_id)
            assert ended.counts.failed == 0
        await sweeper.sweep()
        await check(house)
        # Once nobody has anything to decide and all is old, all goes.
        async with await psycopg.AsyncConnection.connect(house.gateway.database_url) as connection:
            await connection.execute("UPDATE images SET state = 'rejected' WHERE state = 'needs_review'")
        await age(house, 100)
        await sweeper.sweep()
        assert stored(house.store) == set()
        assert await house.rows("SELECT 1 FROM uploads") == []
        assert await house.rows("SELECT 1 FROM results WHERE outputs <> '{}'") == []
