"""The ledger against what is measured from outside: CPU time of real processes from /proc, a listing of the store.

Three services and three gateways, each a process of its own, do a small job; a worker is killed on the way, and a stage
is done again.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest

from gateway.db import Database
from gateway.ledger import booking
from selvage_api.usage.v1 import usage_service_pb2, usage_service_pb2_grpc
from services.kit import rpc
from services.kit.store import StoreSettings, open_store
from tests.parts import fleet
from tests.parts.fleet import PATIENCE, Fleet, Process
from tests.parts.house import photo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="CPU time is read from /proc"),
]

WITHIN = 0.01
PHOTOS, WIDTH, HEIGHT = 4, 1500, 1200
ENDED = ("IMAGE_STATE_APPROVED", "IMAGE_STATE_NEEDS_REVIEW")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    settings = {"GATEWAY_STALLED_SECONDS": "2", "GATEWAY_HEARTBEAT_SECONDS": "0.5", "LEDGER_COLLECT_SECONDS": "0.3"}
    with fleet.running(tmp_path_factory.mktemp("fleet"), real=True, **settings) as made:
        yield made


def until(true: Callable[[], Any], patience: float = PATIENCE) -> Any:
    end = time.monotonic() + patience
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def images(api: httpx.Client, job: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = api.get(f"/v1/jobs/{job}/images").json()["images"]
    return listed


def ended(api: httpx.Client, job: str) -> bool:
    return all(image["state"] in ENDED for image in images(api, job))


def seconds_outside(part: Process) -> float:
    times = psutil.Process(part.pid).cpu_times()
    return float(times.user + times.system)


async def name_of(address: str) -> str:
    """What the ledger calls the process at this address."""
    async with rpc.connect(address) as channel:
        stub: Any = usage_service_pb2_grpc.UsageServiceStub(channel)
        return str(
            (await stub.Collect(usage_service_pb2.CollectRequest(), wait_for_ready=True, timeout=PATIENCE)).process
        )


def booked(running: Fleet, process: str) -> float:
    ((seconds,),) = running.query(
        "SELECT coalesce(sum(quantity), 0) FROM ledger WHERE kind IN ('cpu', 'overhead')"
        f" AND split_part(booking, ':', 2) = '{process}'"
    )
    return float(str(seconds))


async def book_storage(url: str) -> None:
    database = Database(url, 1)
    await database.open()
    async with database.transaction() as connection:
        await booking.storage(connection, datetime.now(UTC) + timedelta(days=1))
    await database.close()


def test_the_sum_of_the_ledger_is_what_was_used(running: Fleet) -> None:
    names = {service: asyncio.run(name_of(address)) for service, address in running.addresses.items()}
    with httpx.Client(base_url=running.rest, timeout=60, trust_env=False) as api:
        keys = [
            api.post("/v1/uploads", params={"shop": "shop"}, content=photo(seed, WIDTH, HEIGHT)).json()["object"]["key"]
            for seed in range(PHOTOS)
        ]
        given = [{"original_key": key, "source_name": f"TEE{n}_1.png"} for n, key in enumerate(keys)]
        job = api.post("/v1/jobs", json={"shop": "shop", "images": given}).json()["job"]["job_id"]
        until(lambda: running.query("SELECT 1 FROM stage_runs WHERE stage = 'segment'"))
        running.parts["worker-1"].kill()
        until(lambda: ended(api, job), 180)
        stored = sum(each.size for each in open_store(StoreSettings(url=running.store_url)).list("shop/"))
        asyncio.run(book_storage(running.postgres.url))
        again = {"image_ids": [images(api, job)[0]["image_id"]], "from_stage": "matting"}
        assert api.post(f"/v1/jobs/{job}:retry", json=again).status_code == 200
        until(lambda: ended(api, job), 120)

    def off(service: str) -> float:
        part = running.parts[service]
        assert isinstance(part, Process)
        outside = seconds_outside(part)
        return abs(booked(running, names[service]) - outside) / outside

    for service in names:
        until(lambda service=service: off(service) < WITHIN, 20)

    ((held,),) = running.query(
        "SELECT sum(quantity) FROM ledger WHERE kind = 'storage' AND at > now() + interval '1 hour'"
    )
    assert float(str(held)) == pytest.approx(stored, rel=1e-9)
    # Whoever was at work when the worker died was charged for it, though no stage was recorded.
    lost = running.query(
        "SELECT image_id FROM ledger l WHERE image_id IS NOT NULL AND kind = 'cpu' AND NOT EXISTS (SELECT 1 FROM"
        " stage_runs s WHERE 'use:' || (s.use ->> 'process') || ':' || (s.use ->> 'sequence') = l.booking)"
    )
    assert lost
    # Work is for images; the processes' own start and idling is not.
    ((work, overhead),) = running.query(
        "SELECT sum(quantity) FILTER (WHERE kind = 'cpu'), sum(quantity) FILTER (WHERE kind = 'overhead') FROM ledger"
        " WHERE split_part(booking, ':', 2) IN ('" + "', '".join(names.values()) + "')"
    )
    assert float(str(work)) > 0
    assert float(str(overhead)) > 0
    every = running.query("SELECT count(DISTINCT image_id) FROM ledger WHERE kind = 'cpu' AND stage = 'matting'")
    assert every == [(PHOTOS,)]
    twice = running.query("SELECT booking, kind FROM ledger GROUP BY 1, 2 HAVING count(*) > 1")
    assert twice == []
