"""A worker process killed in the middle: its images are taken over, and each ends exactly once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.db import Database
from gateway.engine import Engine, WorkerPace
from tests.parts.house import House

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts `python -m gateway` as a worker of the same database, store and services."""
    started: list[asyncio.subprocess.Process] = []

    async def start(house: House, address: str) -> asyncio.subprocess.Process:
        names = ("SEGMENT", "MATTING", "COMPOSE")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")},
            **{f"SELVAGE_GATEWAY_{name}_ADDRESS": address for name in names},
            "SELVAGE_GATEWAY_ROLE": "work",
            "SELVAGE_GATEWAY_DATABASE_URL": house.gateway.database_url,
            "SELVAGE_GATEWAY_REST_ADDRESS": "127.0.0.1:0",
            "SELVAGE_STORE_URL": (tmp_path / "store").as_uri(),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_killed_worker_is_taken_over(
    make_house: Callable[..., Any], worker: Callable[..., Any], behaviour: Any, service_address: str
) -> None:
    house: House = await make_house(role="serve")
    behaviour.seconds["matte"] = 0.3
    release = behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1, 2, 3)
    first = await worker(house, service_address)
    # Its two images stand in the same stage: all before it is recorded, though that took no time.
    await house.recorded(4)
    assert behaviour.calls["segment"] == 2
    first.send_signal(signal.SIGKILL)
    await first.wait()
    release.set()
    await worker(house, service_address)
    ended = await house.ended(job.job_id)
    assert ended.counts.approved == 3
    finished = await house.rows("SELECT image_id, count(*) FROM events WHERE kind = 'finished' GROUP BY 1")
    assert [count for _, count in finished] == [1, 1, 1]
    assert await house.rows("SELECT stage, count(*) FROM stage_runs GROUP BY stage ORDER BY stage") == [
        (stage, 3) for stage in ("compose", "gate", "intake", "matting", "plate", "segment")
    ]
    # What was finished before the kill was not done again.
    assert behaviour.calls["plate"] == 3
    assert behaviour.calls["matte"] == 3


async def test_a_worker_asked_to_stop_gives_its_images_back(
    make_house: Callable[..., Any], worker: Callable[..., Any], behaviour: Any, service_address: str
) -> None:
    house: House = await make_house(role="serve")
    release = behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1)
    first = await worker(house, service_address)
    await behaviour.begun["segment"].wait()
    first.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(first.wait(), 60) == 0
    assert await house.rows("SELECT status, attempts FROM procrastinate_jobs") == [("todo", 1)]
    assert await house.rows("SELECT state, losses FROM images") == [("processing", 0)]
    release.set()
    await worker(house, service_address)
    assert (await house.ended(job.job_id)).counts.approved == 1


async def test_an_image_that_kills_its_worker_again_and_again_fails(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve")
    job = await house.job(1)
    database = Database(house.gateway.database_url, 3)
    await database.open()
    async with database.transaction() as connection:
        await connection.execute("UPDATE images SET losses = 5, state = 'processing'")
    await database.close()
    await make_house(role="work")
    assert (await house.ended(job.job_id)).counts.failed == 1
    image = (await house.images(job.job_id))[0]
    assert image.error.reason == "WORKER_LOST"
    assert house.behaviour.calls["plate"] == 0


async def test_only_the_newest_run_may_write(make_house: Callable[..., Any]) -> None:
    """A worker that was only slow, not dead, finds that its image has been taken over."""
    house: House = await make_house(heartbeat_seconds=60, stalled_seconds=0.2)
    release = house.behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1)
    await house.behaviour.begun["segment"].wait()
    # The heartbeat is too rare for `stalled`: the rescue gives the task to the same process again.
    while (await house.rows("SELECT run FROM images"))[0][0] < 2:  # noqa: ASYNC110 - the database is what we wait for
        await asyncio.sleep(0.05)
    release.set()
    assert (await house.ended(job.job_id)).counts.approved == 1
    assert await house.rows("SELECT count(*) FROM events WHERE kind = 'finished'") == [(1,)]
    assert await house.rows("SELECT stage, count(*) FROM stage_runs GROUP BY stage HAVING count(*) > 1") == []


async def test_tasks_are_taken_over_within_seconds(make_house: Callable[..., Any]) -> None:
    """The bound that the settings promise: stalled + rescue + poll."""
    pace = WorkerPace()
    assert pace.stalled + pace.rescue + pace.poll <= 10
    assert pace.heartbeat * 2 < pace.stalled
    house: House = await make_house(role="serve")
    await house.job(1)
    database = Database(house.gateway.database_url, 3)
    await database.open()
    engine = Engine(database, pace)
    await engine.open()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '7 s')")
        await connection.execute("SELECT procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))")
    assert await engine.rescue() == 1
    assert await engine.rescue() == 0
    assert await house.rows("SELECT status FROM procrastinate_jobs") == [("todo",)]
    await database.close()
