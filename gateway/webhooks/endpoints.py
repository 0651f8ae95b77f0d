"""Managing webhook endpoints, their secrets and their messages: protos in, protos out, for gRPC and REST alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway import keys, paging
from gateway.access.principal import Role, current, require
from gateway.db import Connection, Database
from gateway.errors import FieldsInvalid
from gateway.ids import uuid7
from gateway.records import deliveries, webhooks
from gateway.records.deliveries import Outcome, Row
from selvage_api.webhooks.v1 import webhooks_service_pb2 as pb
from services.kit.errors import InvalidArgument

from . import messages, payload, signature, target
from .deliver import Deliverer
from .errors import (
    WebhookEndpointDisabled,
    WebhookEndpointNotFound,
    WebhookEndpointsFull,
    WebhookReplayTooLarge,
)
from .settings import WebhookSettings
from .vault import Vault

LABEL_LENGTH = 400
CHANGEABLE = ("url", "events", "label", "disabled")
LONGEST_OVERLAP = 30 * 86_400
# More would make the header too long.
MOST_SECRETS = 5


class Webhooks:
    """`deliverer` sends tests; what the outbox holds is sent by its own loop."""

    def __init__(self, database: Database, deliverer: Deliverer, vault: Vault, settings: WebhookSettings) -> None:
        self._database = database
        self._deliverer = deliverer
        self._vault = vault
        self._settings = settings

    async def create(self, request: pb.CreateEndpointRequest) -> pb.CreateEndpointResponse:
        """Raises FieldsInvalid, WebhookEndpointsFull."""
        require(Role.ADMIN)
        problems = list(self._problems(request.url, request.events, request.label))
        try:
            keys.valid_shop(request.shop)
        except InvalidArgument as error:
            problems.append(("shop", error.details["problem"]))
        if problems:
            raise FieldsInvalid.of(problems)
        require(Role.ADMIN, shop=request.shop)
        endpoint_id, secret = uuid7(), signature.new_secret()
        secrets = [{"stored": self._vault.seal(secret, endpoint_id), "until": None}]
        limit = self._settings.endpoints_per_shop
        async with self._database.transaction() as connection:
            row = await webhooks.insert(
                connection, endpoint_id, request.shop, request.url, request.events, request.label, secrets, limit
            )
        if row is None:
            raise WebhookEndpointsFull(shop=request.shop, limit=limit)
        return pb.CreateEndpointResponse(endpoint=messages.endpoint(row), secret=secret)

    async def get(self, request: pb.GetEndpointRequest) -> pb.GetEndpointResponse:
        require(Role.ADMIN)
        async with self._database.transaction() as connection:
            return pb.GetEndpointResponse(endpoint=messages.endpoint(await _endpoint(connection, request.endpoint_id)))

    async def list_endpoints(self, request: pb.ListEndpointsRequest) -> pb.ListEndpointsResponse:
        """A key of one shop sees its own when it names no shop."""
        shop = request.shop or require(Role.ADMIN).shop
        require(Role.ADMIN, shop=shop)
        size = paging.page_size(request.page_size)
        after = paging.uuid(request.page_token, "webhooks", shop)
        async with self._database.transaction() as connection:
            rows = await webhooks.page(connection, shop, after, size + 1)
        more = paging.token(str(rows[size - 1]["endpoint_id"]), "webhooks", shop) if len(rows) > size else ""
        return pb.ListEndpointsResponse(endpoints=[messages.endpoint(row) for row in rows[:size]], next_page_token=more)

    async def update(self, request: pb.UpdateEndpointRequest) -> pb.UpdateEndpointResponse:
        """Raises FieldsInvalid, WebhookEndpointNotFound."""
        require(Role.ADMIN)
        given = request.endpoint
        mask = set(request.update_mask) or {name for name in CHANGEABLE if getattr(given, name)}
        if unknown := sorted(mask - set(CHANGEABLE)):
            allowed = ", ".join(CHANGEABLE)
            raise FieldsInvalid.of([("update_mask", f"{name!r} is not one of {allowed}") for name in unknown])
        async with self._database.transaction() as connection:
            row = await _endpoint(connection, given.endpoint_id, lock=True)
            changes: dict[str, Any] = {name: getattr(given, name) for name in mask}
            if "events" in changes:
                changes["events"] = list(changes["events"])
            new = row | changes
            if problems := list(self._problems(new["url"], new["events"], new["label"])):
                raise FieldsInvalid.of([(f"endpoint.{field}", problem) for field, problem in problems])
            if "disabled" in changes:
                # Why Selvage disabled it is past once a person has set it either way.
                changes["disabled_reason"] = ""
            row = await webhooks.update(connection, row["endpoint_id"], **changes)
        return pb.UpdateEndpointResponse(endpoint=messages.endpoint(row))

    async def delete(self, request: pb.DeleteEndpointRequest) -> pb.DeleteEndpointResponse:
        require(Role.ADMIN)
        async with self._database.transaction() as connection:
            row = await _endpoint(connection, request.endpoint_id, lock=True)
            await webhooks.delete(connection, row["endpoint_id"])
        return pb.DeleteEndpointResponse()

    async def rotate(self, request: pb.RotateSecretRequest) -> pb.RotateSecretResponse:
        """The old secrets sign beside the new one for the overlap, unless they end before."""
        require(Role.ADMIN)
        if not 0 <= request.overlap_seconds <= LONGEST_OVERLAP:
            raise InvalidArgument(field="overlap_seconds", problem="must be between 0 and 30 days")
        now, secret = time.time(), signature.new_secret()
        async with self._database.transaction() as connection:
            row = await _endpoint(connection, request.endpoint_id, lock=True)
            until = now + request.overlap_seconds
            old = [
                {"stored": each["stored"], "until": min(until, each["until"] or until)}
                for each in row["secrets"]
                if each["until"] is None or each["until"] > now
            ]
            kept = [each for each in old if each["until"] > now][: MOST_SECRETS - 1]
            new = {"stored": self._vault.seal(secret, row["endpoint_id"]), "until": None}
            row = await webhooks.update(connection, row["endpoint_id"], secrets=Jsonb([new, *kept]))
        return pb.RotateSecretResponse(endpoint=messages.endpoint(row), secret=secret)

    async def test(self, request: pb.TestEndpointRequest) -> pb.TestEndpointResponse:
        """Sends "webhook.test" and waits for the answer. It is not repeated, and disables nothing.

        Raises WebhookEndpointNotFound, WebhookSecretUnreadable.
        """
        require(Role.ADMIN)
        delivery_id = uuid7()
        async with self._database.transaction() as connection:
            endpoint = await _endpoint(connection, request.endpoint_id)
            snapshot = {"endpoint_id": str(endpoint["endpoint_id"]), "shop": endpoint["shop"]}
            row = await deliveries.insert_test(
                connection, delivery_id, endpoint["endpoint_id"], f"msg_{delivery_id.hex}", payload.TEST, snapshot
            )
        answer = await self._deliverer.attempt(row | {"url": endpoint["url"], "secrets": endpoint["secrets"]})
        state = deliveries.DELIVERED if answer.good else deliveries.GIVEN_UP
        outcome = Outcome(state, answer.status, answer.problem, answer.milliseconds)
        async with self._database.transaction() as connection:
            await deliveries.finish(connection, delivery_id, row["claim"], outcome)
            sent = await deliveries.get(connection, delivery_id)
        if sent is None:  # deleted with its endpoint in the meantime
            raise WebhookEndpointNotFound(endpoint_id=request.endpoint_id)
        return pb.TestEndpointResponse(delivery=messages.delivery(sent))

    async def list_deliveries(self, request: pb.ListDeliveriesRequest) -> pb.ListDeliveriesResponse:
        require(Role.ADMIN)
        size, states = paging.page_size(request.page_size), sorted(set(request.states))
        if wrong := [state for state in states if state not in deliveries.STATES]:
            raise InvalidArgument(field="states", problem=f"{wrong[0]!r} is not one of {', '.join(deliveries.STATES)}")
        async with self._database.transaction() as connection:
            endpoint = await _endpoint(connection, request.endpoint_id)
            filters = ("deliveries", str(endpoint["endpoint_id"]), states)
            before = paging.number(request.page_token, *filters)
            rows = await deliveries.page(connection, endpoint["endpoint_id"], before, size + 1, states)
        more = paging.token(rows[size - 1]["sequence"], *filters) if len(rows) > size else ""
        return pb.ListDeliveriesResponse(
            deliveries=[messages.delivery(row) for row in rows[:size]], next_page_token=more
        )

    async def replay(self, request: pb.ReplayEventsRequest) -> pb.ReplayEventsResponse:
        """Raises InvalidArgument, WebhookEndpointNotFound, WebhookEndpointDisabled, WebhookReplayTooLarge."""
        require(Role.ADMIN)
        if not request.HasField("since"):
            raise InvalidArgument(field="since", problem="is required")
        since = messages.moment("since", request.since)
        until = messages.moment("until", request.until) if request.HasField("until") else None
        if until is not None and until <= since:
            raise InvalidArgument(field="until", problem="must be later than since")
        limit = self._settings.replay_messages
        async with self._database.transaction() as connection:
            row = await _endpoint(connection, request.endpoint_id)
            if row["disabled"]:
                raise WebhookEndpointDisabled(endpoint_id=request.endpoint_id)
            count = await deliveries.replay(connection, row["endpoint_id"], since, until, limit)
        if count is None:
            raise WebhookReplayTooLarge(limit=limit)
        return pb.ReplayEventsResponse(messages=count)

    def _problems(self, url: str, events: Any, label: str) -> Iterator[tuple[str, str]]:
        if problem := target.problem(url, self._settings):
            yield "url", problem
        for index, event in enumerate(events):
            if event not in payload.EVENTS:
                yield f"events[{index}]", f"{event!r} is not one of {', '.join(payload.EVENTS)}"
        if len(events) > len(payload.EVENTS):
            yield "events", "names an event twice"
        if len(label) > LABEL_LENGTH:
            yield "label", f"has more than {LABEL_LENGTH} characters"


async def _endpoint(connection: Connection, text: str, *, lock: bool = False) -> Row:
    """The endpoint the caller may see. Raises InvalidArgument, WebhookEndpointNotFound."""
    if not text:
        raise InvalidArgument(field="endpoint_id", problem="is required")
    try:
        row = await webhooks.get(connection, UUID(text), lock=lock)
    except ValueError:
        row = None
    if row is None or not current().sees(row["shop"]):
        raise WebhookEndpointNotFound(endpoint_id=text)
    return row
