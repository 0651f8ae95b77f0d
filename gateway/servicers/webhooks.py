"""selvage_api.webhooks.v1.WebhooksService."""

from __future__ import annotations

from typing import Any

from gateway.webhooks.endpoints import Webhooks
from selvage_api.webhooks.v1 import webhooks_service_pb2 as pb
from selvage_api.webhooks.v1 import webhooks_service_pb2_grpc


class WebhooksServicer(webhooks_service_pb2_grpc.WebhooksServiceServicer):
    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def CreateEndpoint(self, request: pb.CreateEndpointRequest, context: Any) -> pb.CreateEndpointResponse:
        return await self._webhooks.create(request)

    async def GetEndpoint(self, request: pb.GetEndpointRequest, context: Any) -> pb.GetEndpointResponse:
        return await self._webhooks.get(request)

    async def ListEndpoints(self, request: pb.ListEndpointsRequest, context: Any) -> pb.ListEndpointsResponse:
        return await self._webhooks.list_endpoints(request)

    async def UpdateEndpoint(self, request: pb.UpdateEndpointRequest, context: Any) -> pb.UpdateEndpointResponse:
        return await self._webhooks.update(request)

    async def DeleteEndpoint(self, request: pb.DeleteEndpointRequest, context: Any) -> pb.DeleteEndpointResponse:
        return await self._webhooks.delete(request)

    async def RotateSecret(self, request: pb.RotateSecretRequest, context: Any) -> pb.RotateSecretResponse:
        return await self._webhooks.rotate(request)

    async def TestEndpoint(self, request: pb.TestEndpointRequest, context: Any) -> pb.TestEndpointResponse:
        return await self._webhooks.test(request)

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Any) -> pb.ListDeliveriesResponse:
        return await self._webhooks.list_deliveries(request)

    async def ReplayEvents(self, request: pb.ReplayEventsRequest, context: Any) -> pb.ReplayEventsResponse:
        return await self._webhooks.replay(request)
