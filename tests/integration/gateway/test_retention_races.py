"""Sweeps beside jobs, uploads and other sweepers, killed between rows and objects: nothing wanted is lost."""

from __future__ import annotations

import asyncio
import random

import grpc.aio
import psycopg
import pytest

from selvage_api.matting.v1 import matting_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import StoreUnavailable
from tests.parts.house import House, reason
from tests.parts.retention import age, check, stored, sweeping


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
