"""Objects that no row refers to."""

from __future__ import annotations

import psycopg

from gateway.records import photos
from gateway.retention.orphans import Orphans
from gateway.retention.settings import DAY
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from tests.parts.house import House
from tests.parts.retention import stored, sweeping


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
