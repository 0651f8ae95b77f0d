"""Below the queue there is a net: an image in progress without a task is found and runs again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway.db import Database
from gateway.engine import Engine
from gateway.mending import mend
from tests.parts.house import House


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, 4)
    await database.open()
    yield database
    await database.close()


async def change(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement.encode())


async def test_an_image_in_progress_without_a_task_runs_again(
    make_house: Callable[..., Any], database: Database
) -> None:
    house: House = await make_house(role="serve")
    engine = Engine(database)
    job = await house.job(1, 2, 3, priority=1)
    assert await house.rows("SELECT DISTINCT queue_name FROM procrastinate_jobs") == [("images-rush",)]
    # One waits, one is in progress as it should be, of one the task is lost.
    await change(database, "UPDATE images SET state = 'processing', run = 1 WHERE sku <> 'TEE1'")
    assert await mend(database, engine) == 0
    await change(database, "DELETE FROM procrastinate_jobs t USING images i WHERE i.task_id = t.id AND i.sku = 'TEE3'")
    assert sorted(await asyncio.gather(mend(database, engine), mend(database, engine))) == [0, 1]
    tasks = "SELECT sku, queue_name FROM procrastinate_jobs t JOIN images i ON t.id = i.task_id ORDER BY sku"
    assert await house.rows(tasks) == [(f"TEE{number}", "images-rush") for number in (1, 2, 3)]
    await make_house(role="work")
    assert (await house.ended(job.job_id)).counts.approved == 3


async def test_a_task_that_ended_without_its_image_counts_as_none(
    make_house: Callable[..., Any], database: Database
) -> None:
    house: House = await make_house(role="serve")
    await house.job(1)
    await change(database, "UPDATE images SET state = 'processing'")
    await change(database, "UPDATE procrastinate_jobs SET status = 'failed'")
    assert await mend(database, Engine(database)) == 1
    assert await house.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == [(1,)]


async def test_ended_images_need_no_task(house: House, database: Database) -> None:
    await house.ended((await house.job(1)).job_id)
    assert await mend(database, Engine(database)) == 0
