"""What is kept of messages, for how long, and by whom: leases, clean stops, the sweep, secrets."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gateway.db import Database
from gateway.records import deliveries
from gateway.webhooks.settings import WebhookSettings
from selvage import webhooks as sdk
from services.kit.settings import load
from tests.parts.hooks import FAST, add, sent, settled
from tests.parts.house import House
from tests.parts.receiver import Receiver

KEY = base64.b64encode(bytes(range(32))).decode()


async def quiet(make_house: Callable[..., Any], **settings: Any) -> House:
    """A gateway that serves but sends nothing."""
    made: House = await make_house(role="serve", start_with={"webhooks": load(WebhookSettings, **FAST | settings)})
    return made


async def sender(make_house: Callable[..., Any], **settings: Any) -> House:
    made: House = await make_house(role="work", start_with={"webhooks": load(WebhookSettings, **FAST | settings)})
    return made


async def reject(house: House, seed: int = 1) -> None:
    """A job, and an audit row which says that its image was rejected: the work says no such thing."""
    job = await house.job(seed)
    await house.rows(
        "INSERT INTO events (job_id, image_id, kind, from_state, to_state)"
        " SELECT job_id, image_id, 'decided', 'x', 'rejected' FROM images WHERE job_id = %s RETURNING 1", job.job_id,
    )  # fmt: skip


async def test_a_clean_stop_gives_back_what_was_on_its_way(make_house: Callable[..., Any], receiver: Receiver) -> None:
    """The next sender does not wait for the lease, which is longer than the test waits."""
    house = await quiet(make_house)
    endpoint, _ = await add(house, receiver.url("/held"), events=["image.rejected"])
    receiver.hold["/held"] = asyncio.Event()
    first = await sender(make_house, timeout_seconds=60)
    await reject(house)
    await receiver.until(lambda: len(receiver.got) == 1)
    assert await house.rows("SELECT next_attempt_at > now() + interval '50 s' FROM webhook_deliveries") == [(True,)]
    await first.gateway.stop()
    given_back = await house.rows("SELECT state, attempts, next_attempt_at <= now() FROM webhook_deliveries")
    assert given_back == [("waiting", 0, True)]
    receiver.hold.pop("/held").set()
    await sender(make_house)
    await receiver.until(lambda: len(receiver.got) == 2)
    assert receiver.got[0].id == receiver.got[1].id
    assert (await settled(house, endpoint, "delivered"))[0]["attempts"] == 1


async def test_a_lease_that_ends_lets_another_send_and_the_first_change_nothing(
    make_house: Callable[..., Any], receiver: Receiver
) -> None:
    house = await quiet(make_house)
    endpoint, _ = await add(house, receiver.url(), events=["image.rejected"])
    await reject(house)
    database = Database(house.gateway.database_url, 3)
    await database.open()
    async with database.transaction() as connection:
        [taken] = await deliveries.claim(connection, 9, 9, {}, 1.5)
    await sender(make_house)
    [delivery] = await settled(house, endpoint, "delivered")
    assert delivery["attempts"] == 1
    ends: datetime = taken["next_attempt_at"]
    assert datetime.fromisoformat(delivery["last_attempt_time"]) >= ends
    async with database.transaction() as connection:
        late = deliveries.Outcome(deliveries.GIVEN_UP, 500, "answered 500", 7)
        assert not await deliveries.finish(connection, taken["delivery_id"], taken["claim"], late)
        await deliveries.give_back(connection, [(taken["delivery_id"], taken["claim"])])
    await database.close()
    assert await sent(house, endpoint) == [delivery]


async def test_what_is_old_and_settled_is_swept(make_house: Callable[..., Any], receiver: Receiver) -> None:
    house = await quiet(make_house, keep_days=7)
    kept, _ = await add(house, receiver.url("/kept"), events=["image.rejected"])
    disabled, _ = await add(house, receiver.url("/off"), events=["image.rejected"])
    for seed in range(5):
        await reject(house, seed)
    body = {"endpoint": {"disabled": True}, "update_mask": ["disabled"]}
    await house.rest.patch(f"/v1/webhooks/{disabled}", json=body)
    states = ["delivered", "given_up", "failed", "waiting", "delivered"]
    rows = await house.rows("SELECT delivery_id FROM webhook_deliveries WHERE endpoint_id = %s", kept)
    for (delivery_id,), state in zip(rows, states, strict=True):
        await house.rows(
            "UPDATE webhook_deliveries SET state = %s, created_at = now() - interval '8 days',"
            " next_attempt_at = now() + interval '1 hour' WHERE delivery_id = %s RETURNING 1", state, delivery_id,
        )  # fmt: skip
        await house.rows(
            "INSERT INTO webhook_attempts (delivery_id, status, problem, milliseconds) VALUES (%s, 500, 'x', 1)"
            " RETURNING 1", delivery_id,
        )  # fmt: skip
    # An old message that was replayed only now is not old.
    again = rows[4][0]
    await house.rows("UPDATE webhook_deliveries SET last_attempt_at = now() WHERE delivery_id = %s RETURNING 1", again)
    # Nobody has wanted these for so long: the endpoint is disabled. One is young.
    await house.rows(
        "UPDATE webhook_deliveries SET created_at = now() - interval '8 days' WHERE endpoint_id = %s AND delivery_id <>"
        " (SELECT delivery_id FROM webhook_deliveries WHERE endpoint_id = %s LIMIT 1) RETURNING 1", disabled, disabled,
    )  # fmt: skip
    await sender(make_house, keep_days=7)
    async with asyncio.timeout(60):
        while True:
            left = await house.rows("SELECT delivery_id, endpoint_id::text FROM webhook_deliveries")
            if len(left) <= 4:
                break
            await asyncio.sleep(0.05)
    assert {delivery for delivery, endpoint in left if endpoint == kept} == {rows[2][0], rows[3][0], again}
    assert [endpoint for _, endpoint in left].count(disabled) == 1
    # Their logs went with them.
    assert await house.rows("SELECT count(*) FROM webhook_attempts") == [(3,)]


async def test_secrets_lie_encrypted_and_sign_all_the_same(make_house: Callable[..., Any], receiver: Receiver) -> None:
    bare = await quiet(make_house)
    old, old_secret = await add(bare, receiver.url("/old"), events=["image.approved"])
    house: House = await make_house(start_with={"webhooks": load(WebhookSettings, **FAST, secret_key=KEY)})
    endpoint, secret = await add(house, receiver.url("/new"), events=["image.approved"])
    [(stored,)] = await house.rows("SELECT secrets::text FROM webhook_endpoints WHERE endpoint_id = %s", endpoint)
    assert "aes-256-gcm:" in stored
    assert secret.removeprefix("whsec_") not in stored
    await house.ended((await house.job(1)).job_id)
    await receiver.until(lambda: len(receiver.got) == 2)
    # What was stored before there was a key still signs.
    for path, known in (("/new", secret), ("/old", old_secret)):
        [got] = receiver.at(path)
        assert sdk.verify(known, got.headers, got.body)["type"] == "image.approved"
    await settled(house, old, "delivered")
    # Whoever has lost the key is told so, and can help himself.
    answer = await bare.rest.post(f"/v1/webhooks/{endpoint}:test")
    assert (answer.status_code, answer.json()["code"]) == (500, "WEBHOOK_SECRET_UNREADABLE")
    fresh = (await bare.rest.post(f"/v1/webhooks/{endpoint}:rotate", json={})).json()["secret"]
    assert (await bare.rest.post(f"/v1/webhooks/{endpoint}:test")).json()["delivery"]["state"] == "delivered"
    sdk.verify(fresh, receiver.got[-1].headers, receiver.got[-1].body)


@pytest.mark.parametrize(
    ("status", "asked", "pause"),
    [
        (429, "300", 300), (503, " 300 ", 300), (503, "3", 100), (500, "300", 100), (503, "soon", 100),
        (429, "-300", 100), (503, "999999999999", 86_400), (503, "Mon, 01 Jan 2001 00:00:00 GMT", 100),
        (503, "Mon, 01 Jan 2103 00:00:00 GMT", 86_400),
    ],
)  # fmt: skip
async def test_a_receiver_may_ask_for_patience(
    make_house: Callable[..., Any], receiver: Receiver, status: int, asked: str, pause: float
) -> None:
    house: House = await make_house(start_with={"webhooks": load(WebhookSettings, **FAST | {"pauses_seconds": [100]})})
    endpoint, _ = await add(house, receiver.url(), events=["image.approved"])
    receiver.answers["/"] = [(status, {"Retry-After": asked})]
    await house.ended((await house.job(1)).job_id)
    await settled(house, endpoint, "failed")
    query = "SELECT extract(epoch FROM next_attempt_at - last_attempt_at)::float FROM webhook_deliveries"
    assert await house.rows(query) == [(pause,)]
