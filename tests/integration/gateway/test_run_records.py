"""Runs begin with the claim of their task and end with it; what a claim could not see is asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway import pipeline
from gateway.db import Connection, Database
from gateway.engine import Claim
from gateway.records import runs
from gateway.records.runs import Finished, Step, Stepped
from gateway.run_records import RunRecords
from tests.parts.house import House

PLACES = 8


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[RunRecords]:
    database = Database(database_url, 3)
    await database.open()
    yield RunRecords(database)
    await database.close()


def claim_of(task: dict[str, Any]) -> Claim:
    return Claim(task["id"], task["attempts"])


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
    begun = await records.begin(UUID(first["args"]["image_id"]), claim_of(first))
    assert begun is not None
    assert (begun.row["run"], begun.alone, begun.passed) == (1, True, {})
    assert not records.gone(claim_of(first))
    assert await records.finish(end(begun.row["image_id"], 1)) is not None
    assert await house.rows("SELECT id FROM procrastinate_jobs") == [(second["id"],)]
    assert records.gone(claim_of(first))
    # An older run neither writes nor ends the task.
    assert await records.finish(end(UUID(second["args"]["image_id"]), 0)) is None
    assert await house.rows("SELECT id FROM procrastinate_jobs") == [(second["id"],)]
    assert not records.gone(claim_of(second))


async def test_what_is_given_back_unbegun_is_no_loss(make_house: Callable[..., Any], records: RunRecords) -> None:
    house: House = await make_house(role="serve")
    await house.job(1)
    (task,) = await records.claim(None, PLACES)
    await records.give_back([claim_of(task)])
    assert await house.rows("SELECT run, losses FROM images") == [(1, 0)]


async def claimed_unseen(house: House) -> tuple[int, UUID]:
    """A task that is claimed and whose run has not begun, and its image."""
    await house.job(1)
    ((task, image_id),) = await house.rows("SELECT id, (args ->> 'image_id')::uuid FROM procrastinate_jobs")
    await house.rows("WITH claimed AS (SELECT claim_tasks(NULL, 1)) SELECT count(*) FROM claimed")
    return task, image_id


async def test_an_image_the_claim_did_not_see_is_begun_when_its_task_starts(
    make_house: Callable[..., Any], records: RunRecords
) -> None:
    """As when its job is committed between the start of the statement and the claim within it."""
    house: House = await make_house(role="serve")
    task, image_id = await claimed_unseen(house)
    begun = await records.begin(image_id, Claim(task, 0))
    assert begun is not None
    assert begun.row["run"] == 1
    assert await records.begin(image_id, Claim(task + 1, 0)) is None  # not the image's present task


async def test_who_lost_a_task_before_its_run_began_does_not_stop_the_run_of_the_next(
    make_house: Callable[..., Any], records: RunRecords
) -> None:
    """Else the next, stopped, would end the task, and who had lost it could not give it back."""
    house: House = await make_house(role="serve")
    task, image_id = await claimed_unseen(house)
    await house.rows("WITH rescued AS (SELECT release_task(%s, 0, now())) SELECT count(*) FROM rescued", task)
    assert await records.begin(image_id, Claim(task, 0)) is None
    (again,) = await records.claim(None, PLACES)
    assert claim_of(again) == Claim(task, 1)
    assert await records.begin(image_id, Claim(task, 0)) is None
    assert await house.rows("SELECT state, run FROM images") == [("processing", 1)]


async def test_a_claim_waits_for_no_image(
    make_house: Callable[..., Any], records: RunRecords, database_url: str
) -> None:
    """Who holds an image may wait for its task, as a cancellation does: its claim would wait in a circle."""
    house: House = await make_house(role="serve")
    await house.job(1, 2)
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT FROM images WHERE sku = 'TEE1' FOR UPDATE")
        async with asyncio.timeout(10):
            tasks = await records.claim(None, PLACES)
            assert await house.rows("SELECT sku, run FROM images ORDER BY sku") == [("TEE1", 0), ("TEE2", 1)]
    begun = [await records.begin(UUID(task["args"]["image_id"]), claim_of(task)) for task in tasks]
    assert [each is not None and each.row["run"] for each in begun] == [1, 1]


async def test_an_end_leaves_a_task_that_others_hold_to_them(
    make_house: Callable[..., Any], records: RunRecords, database_url: str
) -> None:
    house: House = await make_house(role="serve")
    await house.job(1)
    (task,) = await records.claim(None, PLACES)
    begun = await records.begin(UUID(task["args"]["image_id"]), claim_of(task))
    assert begun is not None
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT release_task(%s, 0, now())", [task["id"]])
        async with asyncio.timeout(10):
            ended = await records.finish(end(begun.row["image_id"], 1))
    assert ended is not None
    assert not ended.gone
    assert not records.gone(claim_of(task))
    # What is left starts nothing.
    (left,) = await records.claim(None, PLACES)
    assert await records.begin(UUID(left["args"]["image_id"]), claim_of(left)) is None


async def test_a_photo_that_others_have_worked_on_is_not_alone(
    make_house: Callable[..., Any], records: RunRecords
) -> None:
    house: House = await make_house(role="serve")
    await house.job(1)
    await house.job(1, 2)
    alone = []
    for task in await records.claim(None, PLACES):
        begun = await records.begin(UUID(task["args"]["image_id"]), claim_of(task))
        assert begun is not None
        alone.append((begun.row["sku"], begun.alone))
    assert sorted(alone) == [("TEE1", False), ("TEE1", False), ("TEE2", True)]


async def test_stages_that_take_no_time_are_recorded_with_the_end(
    make_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Step] = []

    async def step(connection: Connection, given: Sequence[Step]) -> list[Stepped]:
        asked.extend(given)
        return await working(connection, given)

    working = runs.step
    monkeypatch.setattr(runs, "step", step)
    monkeypatch.setattr(pipeline, "TRUST_SECONDS", 3600.0)
    house: House = await make_house()
    assert (await house.ended((await house.job(1)).job_id)).counts.approved == 1
    assert asked == []
    assert await house.rows("SELECT count(*), count(DISTINCT stage) FROM stage_runs") == [(6, 6)]
    # The same photo again: what is known is looked up.
    assert (await house.ended((await house.job(1)).job_id)).counts.approved == 1
    assert all(each.key for each in asked)
    assert house.behaviour.calls["matte"] == 1
