"""Runs begin with the claim of their task and end with it; what a claim could not see is asked for again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest

from gateway.db import Database
from gateway.records.runs import Finished
from gateway.run_records import RunRecords
from tests.parts.house import House

PLACES = 8


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[RunRecords]:
    database = Database(database_url, 3)
    await database.open()
    yield RunRecords(database)
    await database.close()


def end(image_id: UUID, run: int) -> Finished:
    return Finished(image_id, run, "approved", 1.0, (), (), "approve", {}, ())


async def test_a_run_begins_with_its_claim_and_its_task_ends_with_it(
    make_house: Callable[..., Any], records: RunRecords
) -> None:
    house: House = await make_house(role="serve")
    await house.job(1, 2)
    tasks = await records.claim(None, PLACES)
    assert await house.rows("SELECT state, run, losses FROM images") == [("processing", 1, 1)] * 2
    assert await house.rows("SELECT status::text FROM procrastinate_jobs") == [("doing",)] * 2
    first, second = tasks
    begun = await records.begin(UUID(first["args"]["image_id"]), first["id"])
    assert begun is not None
    assert (begun.row["run"], begun.alone, begun.passed) == (1, True, {})
    assert not records.gone(first["id"])
    assert await records.finish(end(begun.row["image_id"], 1)) is not None
    assert await house.rows("SELECT id FROM procrastinate_jobs") == [(second["id"],)]
    assert records.gone(first["id"])
    # An older run neither writes nor ends the task.
    assert await records.finish(end(UUID(second["args"]["image_id"]), 0)) is None
    assert await house.rows("SELECT id FROM procrastinate_jobs") == [(second["id"],)]
    assert not records.gone(second["id"])


async def test_what_is_given_back_unbegun_is_no_loss(make_house: Callable[..., Any], records: RunRecords) -> None:
    house: House = await make_house(role="serve")
    await house.job(1)
    (task,) = await records.claim(None, PLACES)
    await records.give_back([task["id"]])
    assert await house.rows("SELECT run, losses FROM images") == [(1, 0)]


async def test_an_image_the_claim_did_not_see_is_begun_when_its_task_starts(
    make_house: Callable[..., Any], records: RunRecords
) -> None:
    """As when its job is committed between the start of the statement and the claim within it."""
    house: House = await make_house(role="serve")
    await house.job(1)
    ((task, image_id),) = await house.rows("SELECT id, (args ->> 'image_id')::uuid FROM procrastinate_jobs")
    begun = await records.begin(image_id, task)
    assert begun is not None
    assert begun.row["run"] == 1
    assert await records.begin(image_id, task + 1) is None  # not the image's present task


async def test_a_photo_that_others_have_worked_on_is_not_alone(
    make_house: Callable[..., Any], records: RunRecords
) -> None:
    house: House = await make_house(role="serve")
    await house.job(1)
    await house.job(1, 2)
    alone = []
    for task in await records.claim(None, PLACES):
        begun = await records.begin(UUID(task["args"]["image_id"]), task["id"])
        assert begun is not None
        alone.append((begun.row["sku"], begun.alone))
    assert sorted(alone) == [("TEE1", False), ("TEE1", False), ("TEE2", True)]
