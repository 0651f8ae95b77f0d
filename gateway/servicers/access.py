"""selvage_api.access.v1.AccessService."""

from __future__ import annotations

from typing import Any

from gateway.access.handlers import Access
from selvage_api.access.v1 import access_service_pb2 as pb
from selvage_api.access.v1 import access_service_pb2_grpc


class AccessServicer(access_service_pb2_grpc.AccessServiceServicer):
    def __init__(self, access: Access) -> None:
        self._access = access

    async def CreateKey(self, request: pb.CreateKeyRequest, context: Any) -> pb.CreateKeyResponse:
        return await self._access.create_key(request)

    async def ListKeys(self, request: pb.ListKeysRequest, context: Any) -> pb.ListKeysResponse:
        return await self._access.list_keys(request)

    async def RevokeKey(self, request: pb.RevokeKeyRequest, context: Any) -> pb.RevokeKeyResponse:
        return await self._access.revoke_key(request)

    async def RotateKey(self, request: pb.RotateKeyRequest, context: Any) -> pb.RotateKeyResponse:
        return await self._access.rotate_key(request)

    async def GetQuota(self, request: pb.GetQuotaRequest, context: Any) -> pb.GetQuotaResponse:
        return await self._access.get_quota(request)

    async def SetQuota(self, request: pb.SetQuotaRequest, context: Any) -> pb.SetQuotaResponse:
        return await self._access.set_quota(request)
