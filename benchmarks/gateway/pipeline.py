"""Images a second through the whole gateway: intake, six stages, gate, decision, audit, notifications."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from gateway import keys
from gateway.db import Database
from gateway.main import start
from gateway.records import uploads
from gateway.settings import GatewaySettings, HomeSettings
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from selvage_api.jobs.v1 import jobs_service_pb2_grpc
from services.kit import rpc
from services.kit.pictures import encode
from services.kit.store import ObjectStore, StoreSettings, open_store

SHOP = "bench"


def put_photos(store: ObjectStore, count: int) -> list[images_pb2.ObjectRef]:
    """Small photos, all different: a result that is there already would cost nothing."""
    made = []
    for number in range(count):
        rgb = np.full((16, 16, 3), 240, np.uint8)
        rgb[4:12, 4:12] = np.frombuffer((number + time.time_ns()).to_bytes(16, "big")[-3:], np.uint8)
        rgb[0, 0] = np.frombuffer(number.to_bytes(3, "big"), np.uint8)
        data = encode.png_rgb(rgb)
        digest = hashlib.sha256(data).hexdigest()
        stored = store.put(keys.original_key(SHOP, digest), data, "image/png")
        made.append(images_pb2.ObjectRef(key=stored.key, sha256=digest, size_bytes=stored.size, media_type="image/png"))
    return made


async def images_per_second(
    url: str, folder: Path, services: str, photos: list[images_pb2.ObjectRef], workers: int
) -> float:
    """Of one process with `workers` images in progress, from the first run's start to the last one's end."""
    store = open_store(StoreSettings(url=folder.as_uri()))
    common: dict[str, Any] = {
        "database_url": url, "segment_address": services, "matting_address": services, "compose_address": services,
        "grpc_address": "127.0.0.1:0", "rest_address": "127.0.0.1:0",
    }  # fmt: skip
    job = await submit(GatewaySettings(role="serve", **common), store, photos)
    database = Database(url, 2)
    await database.open()
    async with await start(GatewaySettings(role="work", workers=workers, **common), store, HomeSettings()):
        while await _open(database, job):  # noqa: ASYNC110 - the database is what we wait for
            await asyncio.sleep(0.2)
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT error ->> 'message' AS problem FROM images WHERE job_id = %s AND state <> 'approved'", [job]
        )
        problem = await cursor.fetchone()
        assert problem is None, problem
        cursor = await connection.execute(
            "SELECT extract(epoch FROM max(at) - min(at))::float8 AS seconds FROM events"
            " WHERE job_id = %s AND kind IN ('run', 'finished')",
            [job],
        )
        row = await cursor.fetchone()
    await database.close()
    assert row is not None
    return len(photos) / float(row["seconds"])


async def submit(settings: GatewaySettings, store: ObjectStore, photos: list[images_pb2.ObjectRef]) -> str:
    """A job over gRPC; its id."""
    async with await start(settings, store, HomeSettings()) as gateway:
        database = Database(settings.database_url, 2)
        await database.open()
        async with database.transaction() as connection:
            for photo in photos:
                await uploads.remember(connection, photo)
        await database.close()
        images = [
            pb.NewImage(original_key=photo.key, source_name=f"S{number}_1.png") for number, photo in enumerate(photos)
        ]
        async with rpc.connect(gateway.grpc_address) as channel:
            stub = jobs_service_pb2_grpc.JobsServiceStub(channel)
            answer = await stub.CreateJob(pb.CreateJobRequest(shop=SHOP, images=images), timeout=120)
        return str(answer.job.job_id)


async def _open(database: Database, job: str) -> bool:
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT EXISTS (SELECT 1 FROM images WHERE job_id = %s AND state IN ('received', 'processing')) AS found",
            [job],
        )
        row = await cursor.fetchone()
    assert row is not None
    return bool(row["found"])
