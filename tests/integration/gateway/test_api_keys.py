"""Keys over time and over several gateways: revoked, rotated, expired, used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest

from gateway.errors import DatabaseUnavailable
from gateway.records import api_keys
from selvage_api.jobs.v1 import jobs_service_pb2
from tests.parts.callers import OPERATOR, Caller, operator, required
from tests.parts.house import House, reason

DEADLINE_SECONDS = 30.0


async def status(caller: Caller) -> int:
    return (await caller.rest("GET", "/v1/jobs")).status_code


async def test_a_revoked_key_is_refused_at_once_here_and_soon_elsewhere(make_house: Callable[..., Any]) -> None:
    here: House = await make_house(required(), role="serve")
    there: House = await make_house(required(), role="serve")
    key = await operator(here).key_for("shop", "submit")
    elsewhere = Caller(there, key.key)
    assert (await status(key), await status(elsewhere)) == (200, 200)
    await operator(here).rest("POST", f"/v1/keys/{key.key_id}:revoke")
    answer = await key.rest("GET", "/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "KEY_REVOKED")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while await status(elsewhere) != 401:  # noqa: ASYNC110 - the other gateway says nothing
            await asyncio.sleep(0.1)


async def test_a_watch_ends_before_its_next_message(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(), role="serve")
    chief = operator(house)
    key = await chief.key_for("shop", "submit")
    photo = (await key.rest("POST", "/v1/uploads", params={"shop": "shop"}, content=b"photo")).json()["object"]["key"]
    body = {"shop": "shop", "images": [{"original_key": photo}]}
    job = (await key.rest("POST", "/v1/jobs", json=body)).json()["job"]["job_id"]
    watches = [
        house.jobs.WatchJob(jobs_service_pb2.WatchJobRequest(job_id=job), metadata=caller.metadata, timeout=30)
        for caller in (key, chief)
    ]
    for watch in watches:
        assert (await watch.read()).job.job_id == job
    await chief.rest("POST", f"/v1/keys/{key.key_id}:revoke")
    await chief.rest("POST", f"/v1/jobs/{job}:cancel")
    assert (await watches[1].read()).job.state == jobs_service_pb2.JOB_STATE_CANCELLED
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watches[0].read()
    assert reason(caught.value) == "KEY_REVOKED"


async def test_both_secrets_are_good_while_they_overlap(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(cache_seconds=0), role="serve")
    chief = operator(house)
    first = await chief.key_for("shop", "submit")

    async def rotate(overlap: int) -> Caller:
        body = {"overlap_seconds": overlap}
        answer = await chief.rest("POST", f"/v1/keys/{first.key_id}:rotate", json=body)
        assert answer.json()["key"]["key_id"] == first.key_id
        return Caller(house, answer.json()["secret"])

    second = await rotate(3600)
    assert (await status(first), await status(second)) == (200, 200)
    await house.rows("UPDATE api_keys SET previous_until = now() - interval '1 second' RETURNING 1")
    assert (await status(first), await status(second)) == (401, 200)
    third = await rotate(0)
    assert (await status(second), await status(third)) == (401, 200)


async def test_of_rotations_in_parallel_one_secret_is_the_last(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(cache_seconds=0), role="serve")
    chief = operator(house)
    first = await chief.key_for("shop", "submit")
    path = f"/v1/keys/{first.key_id}:rotate"
    answers = await asyncio.gather(*(chief.rest("POST", path, json={"overlap_seconds": 0}) for _ in range(10)))
    found = [await status(Caller(house, answer.json()["secret"])) for answer in answers]
    assert sorted(found) == [200] + [401] * 9
    assert await status(first) == 401


async def test_an_expired_key_says_so_to_its_owner_alone(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(cache_seconds=0), role="serve")
    key = await operator(house).key_for("shop", "submit", expire_time="2100-01-01T00:00:00Z")
    assert await status(key) == 200
    await house.rows("UPDATE api_keys SET expires_at = now() RETURNING 1")
    assert (await key.rest("GET", "/v1/jobs")).json()["code"] == "KEY_EXPIRED"
    guess = Caller(house, key.key[:-1] + ("0" if key.key[-1] != "0" else "1"))
    assert (await guess.rest("GET", "/v1/jobs")).json()["code"] == "KEY_REFUSED"
    rotated = await operator(house).rest("POST", f"/v1/keys/{key.key_id}:rotate")
    assert rotated.json()["code"] == "KEY_ENDED"


async def test_the_last_use_is_written_beside_the_requests_and_once_a_minute(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(), role="serve")
    used = await operator(house).key_for("shop", "submit")
    await operator(house).key_for("shop", "submit", label="unused")
    for _ in range(3):
        assert await status(used) == 200
    noted = "SELECT key_id, last_used_at FROM api_keys WHERE last_used_at IS NOT NULL"
    assert await house.rows(noted) == []
    await house.gateway.stop()
    [(key_id, first)] = await house.rows(noted)
    assert key_id == used.key_id

    again: House = await make_house(required(), role="serve")
    assert await status(Caller(again, used.key)) == 200
    await again.gateway.stop()
    assert await house.rows(noted) == [(key_id, first)]
    await house.rows("UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds' RETURNING 1")
    later: House = await make_house(required(), role="serve")
    assert await status(Caller(later, used.key)) == 200
    await later.gateway.stop()
    [(_, second)] = await house.rows(noted)
    assert second > first


async def test_many_requests_at_once_read_a_key_once(
    make_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = await make_house(required(), role="serve")
    key = await operator(house).key_for("", "review")
    reads = 0
    get = api_keys.get

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0.2)
        return await get(*arguments, **named)

    monkeypatch.setattr(api_keys, "get", counted)
    assert await asyncio.gather(*(status(key) for _ in range(20))) == [200] * 20
    assert reads == 1


async def test_while_the_database_is_away_no_key_is_good(
    make_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = await make_house(required(cache_seconds=0), role="serve")
    key = await operator(house).key_for("shop", "submit")

    async def away(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable(cause="test")

    monkeypatch.setattr(api_keys, "get", away)
    answer = await key.rest("GET", "/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
    monkeypatch.undo()
    assert await status(key) == 200


async def test_the_admin_key_by_setting_needs_no_row(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(), role="serve")
    assert await status(operator(house)) == 200
    assert await house.rows("SELECT * FROM api_keys") == []
    hashed = required(admin_key_sha256=f"{OPERATOR.key_id}2:{OPERATOR.digest.hex()}")
    other: House = await make_house(hashed, role="serve")
    assert await status(Caller(other, f"selvage_{OPERATOR.key_id}2_{OPERATOR.secret}")) == 200
