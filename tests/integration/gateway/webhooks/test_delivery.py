"""Messages on their way: what they say, when they come again, when they end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import standardwebhooks

from gateway.webhooks.settings import WebhookSettings
from selvage import webhooks as sdk
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import SelvageError
from tests.parts.hooks import FAST, add, sent, settled
from tests.parts.house import House
from tests.parts.receiver import Receiver

ROOT = Path(__file__).resolve().parents[4]


async def test_images_and_their_job_are_told_once_and_signed(hooked: House, receiver: Receiver) -> None:
    _, secret = await add(hooked, receiver.url("/all"))
    await add(hooked, receiver.url("/jobs"), events=["job.succeeded"])
    job = await hooked.job(1, 2, 3)
    await hooked.ended(job.job_id)
    await receiver.until(lambda: len(receiver.at("/all")) == 4 and len(receiver.at("/jobs")) == 1)
    for got in receiver.got[:4]:
        if got.path == "/all":
            assert standardwebhooks.Webhook(secret).verify(got.body, got.headers) == sdk.verify(
                secret, got.headers, got.body
            )
    kinds = sorted(got.message["type"] for got in receiver.at("/all"))
    assert kinds == ["image.approved"] * 3 + ["job.succeeded"]
    assert len({got.id for got in receiver.got}) == 5
    told = {got.message["data"]["image"]["image_id"]: got for got in receiver.at("/all") if "image" in got.body.decode()
            and got.message["type"] == "image.approved"}  # fmt: skip
    for image in await hooked.images(job.job_id):
        data = told[image.image_id].message["data"]["image"]
        assert (data["sku"], data["state"], data["etag"]) == (image.sku, "approved", image.etag)
        assert [file["name"] for file in data["files"]] == [file.name for file in image.files]
        for file in data["files"]:
            assert (await hooked.rest.get(file["link"])).status_code == 200
        assert len(told[image.image_id].body) < 20_000
    ended = receiver.at("/jobs")[0].message["data"]
    assert ended["job"]["counts"] == {"approved": 3}
    assert [image["state"] for image in ended["images"]] == ["approved"] * 3


async def test_images_that_end_at_once_end_their_job_once(hooked: House, receiver: Receiver, behaviour: Any) -> None:
    await add(hooked, receiver.url(), events=["job.succeeded", "job.failed"])
    jobs = [await hooked.job(seed, seed + 1) for seed in (10, 20, 30, 40)]
    for job in jobs:
        await hooked.ended(job.job_id)
    await receiver.until(lambda: len(receiver.got) >= len(jobs))
    ends = await hooked.rows("SELECT job_id::text, count(*) FROM events WHERE kind LIKE 'job_%%ed' GROUP BY 1")
    assert sorted(ends) == sorted((job.job_id, 1) for job in jobs)


async def test_two_transactions_that_end_the_last_images_see_each_other(hooked: House) -> None:
    """Both have written before either commits."""
    import psycopg

    job = await hooked.job(1, 2)
    await hooked.ended(job.job_id)
    url = hooked.gateway.database_url
    async with await psycopg.AsyncConnection.connect(url) as reset:
        await reset.execute("DELETE FROM job_ends")
        await reset.execute("UPDATE images SET state = 'processing'")
    ids = [image.image_id for image in await hooked.images(job.job_id)]
    first, second = [await psycopg.AsyncConnection.connect(url) for _ in ids]
    async with first, second:
        for connection, image in zip((first, second), ids, strict=True):
            await connection.execute("UPDATE images SET state = 'approved' WHERE image_id = %s", [image])
            await connection.execute(
                "INSERT INTO events (job_id, image_id, kind, from_state, to_state)"
                " VALUES (%s, %s, 'finished', 'processing', 'approved')",
                [job.job_id, image],
            )
        await asyncio.gather(first.commit(), second.commit())
    assert await hooked.rows("SELECT count(*) FROM events WHERE kind = 'job_succeeded'") == [(2,)]


async def test_a_job_that_is_tried_again_ends_again(hooked: House, receiver: Receiver, behaviour: Any) -> None:
    await add(hooked, receiver.url())
    behaviour.fail["matte"] = [SelvageError()]
    job = await hooked.job(1)
    await hooked.ended(job.job_id)
    await receiver.until(lambda: len(receiver.got) == 2)
    assert {got.message["type"] for got in receiver.got} == {"image.failed", "job.failed"}
    failed = next(got.message["data"]["image"] for got in receiver.got if got.message["type"] == "image.failed")
    assert failed["error"]["reason"] == "INTERNAL"
    answer = await hooked.rest.post(f"/v1/jobs/{job.job_id}:retry", json={})
    assert answer.status_code == 200, answer.text
    await receiver.until(lambda: len(receiver.got) == 4)
    assert {got.message["type"] for got in receiver.got[2:]} == {"image.approved", "job.succeeded"}
    assert len({got.id for got in receiver.got}) == 4


async def test_a_decision_is_told_and_ends_no_job(hooked: House, receiver: Receiver) -> None:
    job = await hooked.job(1)
    await hooked.ended(job.job_id)
    await add(hooked, receiver.url())
    image = (await hooked.images(job.job_id))[0]
    await hooked.review.Decide(
        review_service_pb2.DecideRequest(
            image_id=image.image_id, verdict=review_service_pb2.VERDICT_REJECT, reason="crooked", etag=image.etag
        )
    )
    image = (await hooked.images(job.job_id))[0]
    await hooked.review.Decide(
        review_service_pb2.DecideRequest(
            image_id=image.image_id, verdict=review_service_pb2.VERDICT_APPROVE, etag=image.etag
        )
    )
    await receiver.until(lambda: len(receiver.got) == 2)
    assert [got.message["type"] for got in receiver.got] == ["image.rejected", "image.approved"]
    assert await hooked.rows("SELECT count(*) FROM events WHERE kind LIKE 'job_%%'") == [(1,)]


async def test_a_receiver_that_fails_is_tried_again_then_given_up(hooked: House, receiver: Receiver) -> None:
    endpoint, _ = await add(hooked, receiver.url(), events=["job.succeeded"])
    receiver.answers["/"] = [(500, {}), (302, {"Location": receiver.url("/elsewhere")}), (503, {"Retry-After": "0"})]
    await hooked.ended((await hooked.job(1)).job_id)
    delivery = (await settled(hooked, endpoint, "given_up", "delivered"))[0]
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("given_up", 3, 503)
    assert [(each["status"], each["problem"]) for each in delivery["log"]] == [
        (500, "answered 500"), (302, "answered 302"), (503, "answered 503"),
    ]  # fmt: skip
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    assert not receiver.at("/elsewhere")
    found = (await hooked.rest.get(f"/v1/webhooks/{endpoint}")).json()["endpoint"]
    assert (found["disabled"], found["disabled_reason"]) == (True, "FAILING")


async def test_a_receiver_that_is_gone_is_asked_no_more(hooked: House, receiver: Receiver) -> None:
    endpoint, _ = await add(hooked, receiver.url(), events=["job.succeeded"])
    receiver.answers["/"] = [(410, {})]
    await hooked.ended((await hooked.job(1)).job_id)
    await settled(hooked, endpoint, "given_up")
    await hooked.ended((await hooked.job(2)).job_id)
    assert len(await sent(hooked, endpoint)) == 1
    found = (await hooked.rest.get(f"/v1/webhooks/{endpoint}")).json()["endpoint"]
    assert (found["disabled"], found["disabled_reason"]) == (True, "GONE")
    body = {"endpoint": {"disabled": False}, "update_mask": ["disabled"]}
    found = (await hooked.rest.patch(f"/v1/webhooks/{endpoint}", json=body)).json()["endpoint"]
    assert (found["disabled"], found["disabled_reason"]) == (False, "")


async def test_a_slow_receiver_holds_up_no_other(hooked: House, receiver: Receiver) -> None:
    await add(hooked, receiver.url("/slow"))
    await add(hooked, receiver.url("/quick"))
    receiver.hold["/slow"] = asyncio.Event()
    job = await hooked.job(1, 2, 3, 4, 5, 6)
    await hooked.ended(job.job_id)
    await receiver.until(lambda: len(receiver.at("/quick")) == 7)
    assert len(receiver.at("/slow")) == 4  # as many at once as one endpoint gets
    receiver.hold["/slow"].set()
    await receiver.until(lambda: len(receiver.at("/slow")) == 7)


async def test_a_replay_sends_the_same_ids(hooked: House, receiver: Receiver) -> None:
    endpoint, _ = await add(hooked, receiver.url())
    await hooked.ended((await hooked.job(1, 2)).job_id)
    await settled(hooked, endpoint, "delivered")
    first = {got.id: got.body for got in receiver.got}
    assert len(first) == 3
    # One message is still in the outbox, the others were swept.
    kept = sorted(first)[0]
    await hooked.rows("DELETE FROM webhook_deliveries WHERE message_id <> %s RETURNING 1", kept)
    answer = await hooked.rest.post(f"/v1/webhooks/{endpoint}:replay", json={"since": "2020-01-01T00:00:00Z"})
    assert answer.json() == {"messages": 3}, answer.text
    await receiver.until(lambda: len(receiver.got) == 6)
    assert {got.id for got in receiver.got[3:]} == set(first)


async def test_both_secrets_sign_while_they_overlap(hooked: House, receiver: Receiver) -> None:
    endpoint, old = await add(hooked, receiver.url())
    answer = await hooked.rest.post(f"/v1/webhooks/{endpoint}:rotate", json={"overlap_seconds": 600})
    new = answer.json()["secret"]
    answer = await hooked.rest.post(f"/v1/webhooks/{endpoint}:test")
    assert answer.json()["delivery"]["state"] == "delivered", answer.text
    got = receiver.got[0]
    for secret in (old, new):
        assert standardwebhooks.Webhook(secret).verify(got.body, got.headers)["type"] == "webhook.test"
    newest = (await hooked.rest.post(f"/v1/webhooks/{endpoint}:rotate", json={})).json()["secret"]
    await hooked.rest.post(f"/v1/webhooks/{endpoint}:test")
    assert receiver.got[1].headers["webhook-signature"].count("v1,") == 1
    sdk.verify(newest, receiver.got[1].headers, receiver.got[1].body)


async def test_what_a_killed_process_was_sending_is_sent_by_another(
    make_house: Callable[..., Any], receiver: Receiver, tmp_path: Path
) -> None:
    house: House = await make_house(role="serve", start_with={"webhooks": WebhookSettings(**FAST)})
    endpoint, _ = await add(house, receiver.url("/held"))
    receiver.hold["/held"] = asyncio.Event()
    job = await house.job(1)
    await house.rows(
        "INSERT INTO events (job_id, image_id, kind, from_state, to_state)"
        " SELECT job_id, image_id, 'finished', 'x', 'approved' FROM images WHERE job_id = %s RETURNING 1", job.job_id,
    )  # fmt: skip
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")},
        "SELVAGE_GATEWAY_ROLE": "work",
        "SELVAGE_GATEWAY_DATABASE_URL": house.gateway.database_url,
        "SELVAGE_GATEWAY_REST_ADDRESS": "127.0.0.1:0",
        "SELVAGE_STORE_URL": (tmp_path / "store").as_uri(),
        "SELVAGE_WEBHOOK_ALLOW_HTTP": "true",
        "SELVAGE_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        "SELVAGE_WEBHOOK_TIMEOUT_SECONDS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await receiver.until(lambda: len(receiver.got) == 1, 60)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert [each["state"] for each in await sent(house, endpoint)] == ["waiting"]
    # The lease of the dead ends; a test does not wait for it.
    await house.rows("UPDATE webhook_deliveries SET next_attempt_at = now() RETURNING 1")
    receiver.hold["/held"].set()
    other: House = await make_house(role="work", start_with={"webhooks": WebhookSettings(**FAST)})
    await receiver.until(lambda: len(receiver.got) == 2)
    assert receiver.got[0].id == receiver.got[1].id
    assert receiver.got[0].body == receiver.got[1].body
    assert (await settled(house, endpoint, "delivered"))[0]["attempts"] == 1
    await other.gateway.stop()
