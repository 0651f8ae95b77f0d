"""selvage_api.shoots.v1.ShootsService."""

from __future__ import annotations

from typing import Any

from gateway.shoots.handlers import Shoots
from selvage_api.shoots.v1 import shoots_service_pb2 as pb
from selvage_api.shoots.v1 import shoots_service_pb2_grpc


class ShootsServicer(shoots_service_pb2_grpc.ShootsServiceServicer):
    def __init__(self, shoots: Shoots) -> None:
        self._shoots = shoots

    async def GetShoot(self, request: pb.GetShootRequest, context: Any) -> pb.GetShootResponse:
        return await self._shoots.get(request)

    async def ListShoots(self, request: pb.ListShootsRequest, context: Any) -> pb.ListShootsResponse:
        return await self._shoots.list_shoots(request)

    async def SetEmptyFrame(self, request: pb.SetEmptyFrameRequest, context: Any) -> pb.SetEmptyFrameResponse:
        return await self._shoots.set_empty_frame(request)
