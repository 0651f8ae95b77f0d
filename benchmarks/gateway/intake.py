"""How long a call with many images takes, over gRPC, until the answer is there."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from gateway import keys
from gateway.db import Database
from gateway.main import start
from gateway.settings import GatewaySettings, HomeSettings
from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from selvage_api.jobs.v1 import jobs_service_pb2_grpc
from services.kit import rpc
from services.kit.store import StoreSettings, open_store

SHOP = "bench"


async def seconds(url: str, folder: Path, count: int) -> float:
    """Different photos, known by the gateway as its own uploads."""
    photos = [keys.original_key(SHOP, hashlib.sha256(str(number).encode()).hexdigest()) for number in range(count)]
    database = Database(url, 2)
    await database.open()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO photos (key, size) SELECT unnest(%s::text[]), 1", [photos])
        await connection.execute(
            "INSERT INTO uploads (key, sha256, size, media_type)"
            " SELECT key, split_part(key, '/', 2), size, 'image/png' FROM photos"
        )
    await database.close()
    settings = GatewaySettings(role="serve", database_url=url, grpc_address="127.0.0.1:0", rest_address="127.0.0.1:0")
    request = pb.CreateJobRequest(
        shop=SHOP,
        images=[pb.NewImage(original_key=key, source_name=f"SKU-{n}_1.jpg") for n, key in enumerate(photos)],
    )
    store = open_store(StoreSettings(url=folder.as_uri()))
    async with await start(settings, store, HomeSettings()) as gateway, rpc.connect(gateway.grpc_address) as channel:
        stub = jobs_service_pb2_grpc.JobsServiceStub(channel)
        started = time.perf_counter()
        answer = await stub.CreateJob(request, timeout=300)
        taken = time.perf_counter() - started
    assert answer.job.counts.received == count
    return taken
