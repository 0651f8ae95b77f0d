"""Routes of webhook endpoints. Bodies are the requests of WebhooksService; the id stands in the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from gateway.access.principal import Role
from gateway.errors import FieldsInvalid
from gateway.webhooks.endpoints import Webhooks
from gateway.webhooks.errors import (
    WebhookEndpointDisabled,
    WebhookEndpointNotFound,
    WebhookEndpointsFull,
    WebhookReplayTooLarge,
    WebhookSecretUnreadable,
)
from selvage_api.webhooks.v1 import webhooks_service_pb2 as pb
from services.kit.errors import InvalidArgument

from . import bodies
from .operation import Operation, Parameter

M = TypeVar("M", bound=Message)

COLLECTION = "/v1/webhooks"
ONE = "/v1/webhooks/{endpoint_id}"


@dataclass(frozen=True)
class WebhookRoutes:
    webhooks: Webhooks

    def table(self) -> list[Operation]:
        admin, missing, inside = (Role.ADMIN,), (WebhookEndpointNotFound,), ("endpoint_id",)
        pages = (Parameter("page_size", "0 means 50, at most 1000.", "integer"), Parameter("page_token", "Opaque."))
        shop = Parameter("shop", "The shop; empty for all the caller may see.")
        states = Parameter("states", "waiting, delivered, failed, given_up; empty for all.", "array")
        return [
            Operation(
                "createWebhook", "POST", COLLECTION, self.create, "Add a webhook endpoint",
                body=pb.CreateEndpointRequest, answer=pb.CreateEndpointResponse, status=201, roles=admin,
                errors=(FieldsInvalid, WebhookEndpointsFull), tag="webhooks",
            ),
            Operation(
                "listWebhooks", "GET", COLLECTION, self.list_endpoints, "Webhook endpoints",
                answer=pb.ListEndpointsResponse, parameters=(shop, *pages), roles=admin, tag="webhooks",
            ),
            Operation(
                "rotateWebhookSecret", "POST", f"{ONE}:rotate", self.rotate, "A new secret",
                body=pb.RotateSecretRequest, without=inside, answer=pb.RotateSecretResponse, roles=admin,
                errors=missing, tag="webhooks",
            ),
            Operation(
                "testWebhook", "POST", f"{ONE}:test", self.test, "Send a test message", answer=pb.TestEndpointResponse,
                roles=admin, errors=(*missing, WebhookSecretUnreadable), tag="webhooks",
            ),
            Operation(
                "replayWebhook", "POST", f"{ONE}:replay", self.replay, "Send again what has happened",
                body=pb.ReplayEventsRequest, without=inside, answer=pb.ReplayEventsResponse, roles=admin,
                errors=(*missing, WebhookEndpointDisabled, WebhookReplayTooLarge), tag="webhooks",
            ),
            Operation(
                "listWebhookDeliveries", "GET", f"{ONE}/deliveries", self.list_deliveries, "Messages and attempts",
                answer=pb.ListDeliveriesResponse, parameters=(*pages, states), roles=admin, errors=missing,
                tag="webhooks",
            ),
            Operation(
                "getWebhook", "GET", ONE, self.get, "A webhook endpoint", answer=pb.GetEndpointResponse, roles=admin,
                errors=missing, tag="webhooks",
            ),
            Operation(
                "updateWebhook", "PATCH", ONE, self.update, "Change a webhook endpoint", body=pb.UpdateEndpointRequest,
                answer=pb.UpdateEndpointResponse, roles=admin, errors=(*missing, FieldsInvalid), tag="webhooks",
            ),
            Operation(
                "deleteWebhook", "DELETE", ONE, self.delete, "Delete a webhook endpoint and its messages",
                answer=pb.DeleteEndpointResponse, roles=admin, errors=missing, tag="webhooks",
            ),
        ]  # fmt: skip

    async def create(self, request: Request) -> Response:
        made = await self.webhooks.create(await bodies.read(request, pb.CreateEndpointRequest()))
        return bodies.answer(made, 201, Location=f"{COLLECTION}/{made.endpoint.endpoint_id}")

    async def list_endpoints(self, request: Request) -> Response:
        message = pb.ListEndpointsRequest(
            shop=request.query_params.get("shop", ""),
            page_size=bodies.integer(request, "page_size"),
            page_token=request.query_params.get("page_token", ""),
        )
        return bodies.answer(await self.webhooks.list_endpoints(message))

    async def get(self, request: Request) -> Response:
        return bodies.answer(await self.webhooks.get(pb.GetEndpointRequest(endpoint_id=_id(request))))

    async def update(self, request: Request) -> Response:
        message = await bodies.read(request, pb.UpdateEndpointRequest())
        _put_id(message.endpoint, request, "endpoint.endpoint_id")
        return bodies.answer(await self.webhooks.update(message))

    async def delete(self, request: Request) -> Response:
        return bodies.answer(await self.webhooks.delete(pb.DeleteEndpointRequest(endpoint_id=_id(request))))

    async def rotate(self, request: Request) -> Response:
        message = _put_id(await bodies.read(request, pb.RotateSecretRequest()), request)
        return bodies.answer(await self.webhooks.rotate(message))

    async def test(self, request: Request) -> Response:
        return bodies.answer(await self.webhooks.test(pb.TestEndpointRequest(endpoint_id=_id(request))))

    async def replay(self, request: Request) -> Response:
        message = _put_id(await bodies.read(request, pb.ReplayEventsRequest()), request)
        return bodies.answer(await self.webhooks.replay(message))

    async def list_deliveries(self, request: Request) -> Response:
        message = pb.ListDeliveriesRequest(
            endpoint_id=_id(request),
            page_size=bodies.integer(request, "page_size"),
            page_token=request.query_params.get("page_token", ""),
            states=request.query_params.getlist("states"),
        )
        return bodies.answer(await self.webhooks.list_deliveries(message))


def _id(request: Request) -> str:
    return str(request.path_params["endpoint_id"])


def _put_id(message: M, request: Request, field: str = "endpoint_id") -> M:
    """The id of the path, which one in the body must not contradict."""
    if message.endpoint_id not in ("", _id(request)):  # type: ignore[attr-defined]
        raise InvalidArgument(field=field, problem="differs from the one in the path; leave it out")
    message.endpoint_id = _id(request)  # type: ignore[attr-defined]
    return message
