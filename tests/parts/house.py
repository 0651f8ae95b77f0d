"""A whole gateway on one event loop: real PostgreSQL (one server a session, one database a test), the folder
store, real gRPC to the services of tests/parts/services.py, REST on a free port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import grpc.aio
import httpx
import numpy as np
import psycopg
import pytest

from gateway import db, engine
from gateway.db import Database
from gateway.main import Gateway, start
from gateway.settings import GatewaySettings
from selvage_api.jobs.v1 import jobs_service_pb2, jobs_service_pb2_grpc
from selvage_api.review.v1alpha1 import review_service_pb2_grpc
from services.kit import rpc
from services.kit.pictures import encode
from services.kit.store import ObjectStore, StoreSettings, open_store
from tests.parts import postgres as postgres_part
from tests.parts.services import Behaviour, services


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The libpq URL of a database with the gateway's tables and nothing in them."""
    with postgres_part.running() as url:
        asyncio.run(_migrate(url))
        yield url


async def _migrate(url: str) -> None:
    """Once a session: each test gets a copy."""
    database = Database(url, 3)
    await database.open()
    await db.migrate(database, engine.pending, db.pending)
    await database.close()


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE selvage")
    yield urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(StoreSettings(url=(tmp_path / "store").as_uri()))


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@dataclass
class House:
    """A running gateway and clients to it."""

    gateway: Gateway
    rest: httpx.AsyncClient
    jobs: Any
    review: Any
    store: ObjectStore
    behaviour: Behaviour

    async def upload(self, seed: int, shop: str = "shop") -> str:
        answer = await self.rest.post("/v1/uploads", params={"shop": shop}, content=photo(seed))
        assert answer.status_code in (200, 201), answer.text
        key: str = answer.json()["object"]["key"]
        return key

    async def job(self, *seeds: int, **fields: Any) -> jobs_service_pb2.Job:
        """A job of one image for each seed, named TEE<seed>_1.png."""
        images = [
            jobs_service_pb2.NewImage(original_key=await self.upload(seed), source_name=f"TEE{seed}_1.png")
            for seed in seeds
        ]
        request = jobs_service_pb2.CreateJobRequest(shop="shop", images=images, **fields)
        return (await self.jobs.CreateJob(request)).job

    async def ended(self, job_id: str) -> jobs_service_pb2.Job:
        """Waits for the job to end."""
        job = None
        async for message in self.jobs.WatchJob(jobs_service_pb2.WatchJobRequest(job_id=job_id), timeout=60):
            job = message.job
        assert job is not None
        return job

    async def images(self, job_id: str) -> list[Any]:
        return list((await self.jobs.ListImages(jobs_service_pb2.ListImagesRequest(job_id=job_id))).images)

    def doubt(self) -> None:
        """Every photo from now on is held for review: matting tells of a hole it is not certain of."""
        self.behaviour.numbers = lambda _sha256, numbers: numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)

    async def recorded(self, stages: int) -> None:
        """Waits until so many stages that images have passed are recorded, which is a moment after they have."""
        while await self.rows("SELECT count(*) FROM stage_runs") != [(stages,)]:  # noqa: ASYNC110 - what we wait for
            await asyncio.sleep(0.02)

    async def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(self.gateway.database_url) as connection:
            return await (await connection.execute(query, parameters)).fetchall()


@pytest.fixture
async def service_address(store: ObjectStore, behaviour: Behaviour) -> AsyncIterator[str]:
    async with services(store, behaviour) as address:
        yield address


@pytest.fixture
async def make_house(
    database_url: str, store: ObjectStore, behaviour: Behaviour, service_address: str
) -> AsyncIterator[Callable[..., Any]]:
    async with AsyncExitStack() as stack:

        async def make(start_with: dict[str, Any] | None = None, **changes: Any) -> House:
            """start_with: keyword arguments of gateway.main.start; changes: of GatewaySettings."""
            values: dict[str, Any] = {
                "database_url": database_url, "grpc_address": "127.0.0.1:0", "rest_address": "127.0.0.1:0",
                "segment_address": service_address, "matting_address": service_address,
                "compose_address": service_address,
                "first_pause_seconds": 0.02, "longest_pause_seconds": 0.1, "grace_seconds": 0.5, "describe_seconds": 0,
            }  # fmt: skip
            gateway = await start(GatewaySettings(**(values | changes)), store, **(start_with or {}))
            stack.push_async_callback(gateway.stop)
            channel = rpc.connect(gateway.grpc_address)
            stack.push_async_callback(channel.close)
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=f"http://{gateway.rest_address}", timeout=60, trust_env=False)
            )
            return House(
                gateway, client, jobs_service_pb2_grpc.JobsServiceStub(channel),
                review_service_pb2_grpc.ReviewServiceStub(channel), store, behaviour,
            )  # fmt: skip

        yield make


@pytest.fixture
async def house(make_house: Callable[..., Any]) -> House:
    made: House = await make_house()
    return made


def photo(seed: int, width: int = 48, height: int = 40) -> bytes:
    """A dark rectangle on light paper; another seed, another photo."""
    rng = np.random.default_rng(seed)
    rgb = rng.integers(225, 255, (height, width, 3), dtype=np.uint8)
    rgb[10:30, 12:36] = rng.integers(10, 60, 3, dtype=np.uint8)
    return encode.png_rgb(rgb)


def reason(error: grpc.aio.AioRpcError) -> str:
    return rpc.from_rpc_error(error).reason
