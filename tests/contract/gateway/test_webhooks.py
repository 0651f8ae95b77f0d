"""Webhook endpoints over REST and gRPC alike: the whole life of one, who may see it, pages and bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from gateway.webhooks.settings import WebhookSettings
from selvage_api.webhooks.v1 import webhooks_service_pb2 as pb
from selvage_api.webhooks.v1 import webhooks_service_pb2_grpc
from services.kit import rpc
from services.kit.settings import load
from tests.contract.gateway.method_table import refused
from tests.contract.gateway.test_rest import assert_problem
from tests.parts.callers import Caller, operator, required
from tests.parts.house import House

URL = "https://shop.invalid/hook"  # leads nowhere (RFC 2606)
MOST = 3
SINCE = "2020-01-01T00:00:00Z"


@pytest.fixture
async def house(make_house: Callable[..., Any]) -> House:
    """Keys are required, a shop may have three endpoints and a replay four messages."""
    settings = load(WebhookSettings, endpoints_per_shop=MOST, replay_messages=4)
    made: House = await make_house(required() | {"webhooks": settings})
    return made


@pytest.fixture
async def webhooks(house: House) -> AsyncIterator[Any]:
    async with rpc.connect(house.gateway.grpc_address) as channel:
        yield webhooks_service_pb2_grpc.WebhooksServiceStub(channel)


async def add(caller: Caller, shop: str = "shop", **fields: Any) -> dict[str, Any]:
    answer = await caller.rest("POST", "/v1/webhooks", json={"shop": shop, "url": URL, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/webhooks/{made['endpoint']['endpoint_id']}"
    return made


async def test_the_life_of_an_endpoint(house: House, webhooks: Any) -> None:
    """Made over REST, changed over gRPC, read over both, deleted."""
    chief = operator(house)
    made = await add(chief, events=["image.approved"], label="till")
    endpoint_id, where = made["endpoint"]["endpoint_id"], f"/v1/webhooks/{made['endpoint']['endpoint_id']}"
    assert made["secret"].startswith("whsec_")
    assert (made["endpoint"]["url"], made["endpoint"]["events"]) == (URL, ["image.approved"])
    change = pb.Endpoint(endpoint_id=endpoint_id, url=f"{URL}/2", label="shop floor", disabled=True)
    request = pb.UpdateEndpointRequest(endpoint=change, update_mask=["url", "disabled"])
    changed = (await webhooks.UpdateEndpoint(request, metadata=chief.metadata)).endpoint
    assert (changed.url, changed.disabled, changed.label) == (f"{URL}/2", True, "till")
    over_grpc = await webhooks.GetEndpoint(pb.GetEndpointRequest(endpoint_id=endpoint_id), metadata=chief.metadata)
    assert over_grpc.endpoint == changed
    read = (await chief.rest("GET", where)).json()["endpoint"]
    assert (read["url"], read["disabled"]) == (f"{URL}/2", True)
    assert "secret" not in read
    patched = await chief.rest("PATCH", where, json={"endpoint": {"events": []}, "update_mask": ["events"]})
    assert patched.json()["endpoint"].get("events", []) == []
    rotated = (await chief.rest("POST", f"{where}:rotate", json={})).json()
    assert rotated["secret"] not in ("", made["secret"])
    assert (await chief.rest("DELETE", where)).status_code == 200
    assert_problem(await chief.rest("GET", where), 404, "WEBHOOK_ENDPOINT_NOT_FOUND")
    assert_problem(await chief.rest("DELETE", where), 404, "WEBHOOK_ENDPOINT_NOT_FOUND")


async def test_a_deleted_endpoint_takes_its_messages_along(house: House) -> None:
    chief = operator(house)
    where = f"/v1/webhooks/{(await add(chief))['endpoint']['endpoint_id']}"
    assert (await chief.rest("POST", f"{where}:test")).json()["delivery"]["state"] == "given_up"
    assert await house.rows("SELECT count(*) FROM webhook_attempts") == [(1,)]
    await chief.rest("DELETE", where)
    counts = "SELECT (SELECT count(*) FROM webhook_deliveries), (SELECT count(*) FROM webhook_attempts)"
    assert await house.rows(counts) == [(0, 0)]


async def test_a_test_tells_how_it_went_and_disables_nothing(house: House) -> None:
    chief = operator(house)
    where = f"/v1/webhooks/{(await add(chief))['endpoint']['endpoint_id']}"
    delivery = (await chief.rest("POST", f"{where}:test")).json()["delivery"]
    assert (delivery["event"], delivery["attempts"]) == ("webhook.test", 1)
    assert delivery["problem"] == "no connection could be made"
    assert "next_attempt_time" not in delivery
    assert not (await chief.rest("GET", where)).json()["endpoint"].get("disabled", False)


async def test_what_is_wrong_is_told_all_at_once(house: House) -> None:
    chief = operator(house)
    body = {"shop": "No Shop", "url": "http://10.0.0.1/", "events": ["image.lost"], "label": "x" * 401}
    problem = assert_problem(await chief.rest("POST", "/v1/webhooks", json=body), 400, "FIELDS_INVALID")
    assert {each["field"] for each in problem["errors"]} == {"url", "events[0]", "label", "shop"}
    where = f"/v1/webhooks/{(await add(chief))['endpoint']['endpoint_id']}"
    wrong = {"endpoint": {"url": "https://127.0.0.1/"}, "update_mask": ["url"]}
    problem = assert_problem(await chief.rest("PATCH", where, json=wrong), 400, "FIELDS_INVALID")
    assert [each["field"] for each in problem["errors"]] == ["endpoint.url"]
    other = {"endpoint": {"endpoint_id": str(uuid4()), "label": "x"}}
    assert_problem(await chief.rest("PATCH", where, json=other), 400, "INVALID_ARGUMENT")
    assert (await chief.rest("GET", where)).json()["endpoint"]["url"] == URL


async def test_a_shop_has_so_many_endpoints_and_no_more(house: House, webhooks: Any) -> None:
    chief = operator(house)
    made = [await add(chief) for _ in range(MOST)]
    body = {"shop": "shop", "url": URL}
    assert_problem(await chief.rest("POST", "/v1/webhooks", json=body), 429, "WEBHOOK_ENDPOINTS_FULL")
    call = webhooks.CreateEndpoint(pb.CreateEndpointRequest(**body), metadata=chief.metadata)
    assert await refused(call) == ("RESOURCE_EXHAUSTED", "WEBHOOK_ENDPOINTS_FULL")
    await add(chief, shop="other")
    await chief.rest("DELETE", f"/v1/webhooks/{made[0]['endpoint']['endpoint_id']}")
    await add(chief)


async def test_only_admins_manage_and_only_their_shop(house: House, webhooks: Any) -> None:
    chief = operator(house)
    ours = (await add(chief))["endpoint"]["endpoint_id"]
    foreign = (await add(chief, shop="other"))["endpoint"]["endpoint_id"]
    admin = await chief.key_for("shop", "admin")
    seen = (await admin.rest("GET", "/v1/webhooks")).json()["endpoints"]
    assert [each["endpoint_id"] for each in seen] == [ours]
    calls: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
        ("GET", "", None), ("PATCH", "", {"endpoint": {"label": "x"}}), ("DELETE", "", None),
        ("POST", ":rotate", {}), ("POST", ":test", None), ("POST", ":replay", {"since": SINCE}),
        ("GET", "/deliveries", None),
    )  # fmt: skip
    for method, more, body in calls:
        sent = {"json": body} if body is not None else {}
        answer = await admin.rest(method, f"/v1/webhooks/{foreign}{more}", **sent)
        # As if there were none.
        assert_problem(answer, 404, "WEBHOOK_ENDPOINT_NOT_FOUND")
    assert_problem(await admin.rest("GET", "/v1/webhooks?shop=other"), 403, "SHOP_FORBIDDEN")
    body = {"shop": "other", "url": URL}
    assert_problem(await admin.rest("POST", "/v1/webhooks", json=body), 403, "SHOP_FORBIDDEN")
    for role in ("submit", "review"):
        caller = await chief.key_for("shop", role)
        assert_problem(await caller.rest("GET", f"/v1/webhooks/{ours}"), 403, "ROLE_MISSING")
        request = pb.RotateSecretRequest(endpoint_id=ours)
        assert await caller.code(webhooks.RotateSecret, request) == "ROLE_MISSING"
    assert len((await chief.rest("GET", "/v1/webhooks")).json()["endpoints"]) == 2


async def test_endpoints_and_deliveries_come_in_pages(house: House, webhooks: Any) -> None:
    chief = operator(house)
    made = [(await add(chief))["endpoint"]["endpoint_id"] for _ in range(MOST)]
    for _ in range(MOST):
        await chief.rest("POST", f"/v1/webhooks/{made[0]}:test")
    for path, field, key in (
        ("/v1/webhooks", "endpoints", "endpoint_id"),
        (f"/v1/webhooks/{made[0]}/deliveries", "deliveries", "delivery_id"),
    ):
        everything = [each[key] for each in (await chief.rest("GET", path)).json()[field]]
        assert len(everything) == MOST
        first = (await chief.rest("GET", path, params={"page_size": 2})).json()
        rest = (await chief.rest("GET", path, params={"page_size": 2, "page_token": first["next_page_token"]})).json()
        assert [each[key] for each in first[field] + rest[field]] == everything
        assert rest.get("next_page_token", "") == ""
        wrong = await chief.rest("GET", path, params={"page_token": "x"})
        assert_problem(wrong, 400, "INVALID_ARGUMENT")
    states = {"states": ["delivered", "given_up"]}
    given_up = await chief.rest("GET", f"/v1/webhooks/{made[0]}/deliveries", params=states)
    assert len(given_up.json()["deliveries"]) == MOST
    none = await chief.rest("GET", f"/v1/webhooks/{made[0]}/deliveries", params={"states": "waiting"})
    assert none.json().get("deliveries", []) == []
    # A page of one list is no page of another.
    token = (await chief.rest("GET", "/v1/webhooks", params={"page_size": 1})).json()["next_page_token"]
    request = pb.ListDeliveriesRequest(endpoint_id=made[0], page_token=token)
    call = webhooks.ListDeliveries(request, metadata=chief.metadata)
    assert await refused(call) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")


async def test_a_replay_has_bounds(house: House) -> None:
    chief = operator(house)
    endpoint = (await add(chief))["endpoint"]["endpoint_id"]
    where = f"/v1/webhooks/{endpoint}:replay"

    async def replay(**body: str) -> Any:
        return await chief.rest("POST", where, json=body)

    # An audit of three images without the work: two approved, one rejected, one end of the job.
    [(job,)] = await house.rows(
        "INSERT INTO jobs (job_id, shop, label, template, profile) VALUES (gen_random_uuid(), 'shop', '', '', '')"
        " RETURNING job_id::text"
    )
    for moment, kind, state in (
        ("2026-01-01", "finished", "approved"), ("2026-01-02", "finished", "approved"),
        ("2026-01-03", "decided", "rejected"), ("2026-01-04", "job_succeeded", ""),
    ):  # fmt: skip
        await house.rows(
            "INSERT INTO events (job_id, kind, from_state, to_state, at) VALUES (%s, %s, 'needs_review', %s, %s)"
            " RETURNING 1", job, kind, state, f"{moment}T12:00:00Z",
        )  # fmt: skip
    assert (await replay(since=SINCE)).json() == {"messages": 4}
    assert (await replay(since="2026-01-02T12:00:00Z", until="2026-01-04T12:00:00Z")).json() == {"messages": 2}
    assert (await replay(since="2026-01-05T00:00:00Z")).json().get("messages", 0) == 0
    await house.rows(
        "INSERT INTO events (job_id, kind, from_state, to_state, at)"
        " VALUES (%s, 'decided', 'rejected', 'approved', '2026-01-05T12:00:00Z') RETURNING 1", job,
    )  # fmt: skip
    assert_problem(await replay(since=SINCE), 409, "WEBHOOK_REPLAY_TOO_LARGE")
    assert (await replay(since=SINCE, until="2026-01-05T00:00:00Z")).json() == {"messages": 4}
    for wrong in ({}, {"since": "1969-12-31T23:59:59Z"}, {"since": "2300-01-01T00:00:00Z"},
                  {"since": SINCE, "until": SINCE}):  # fmt: skip
        assert_problem(await replay(**wrong), 400, "INVALID_ARGUMENT")
    await chief.rest("PATCH", f"/v1/webhooks/{endpoint}", json={"endpoint": {"disabled": True}})
    assert_problem(await replay(since=SINCE), 409, "WEBHOOK_ENDPOINT_DISABLED")
