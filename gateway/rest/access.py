"""The routes of keys and quotas."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gateway.access.errors import EveryShopNeeded, KeyEnded, KeyNotFound
from gateway.access.handlers import Access
from gateway.access.principal import Role
from gateway.errors import FieldsInvalid, ShopForbidden
from selvage_api.access.v1 import access_service_pb2 as pb
from services.kit.errors import InvalidArgument

from . import bodies
from .operation import Operation, Parameter


@dataclass(frozen=True)
class AccessRoutes:
    access: Access

    def table(self) -> list[Operation]:
        admin, tag = (Role.ADMIN,), "access"
        return [
            Operation(
                "createKey", "POST", "/v1/keys", self.create_key, "Make an API key", body=pb.CreateKeyRequest,
                answer=pb.CreateKeyResponse, status=201, roles=admin, tag=tag,
                errors=(FieldsInvalid, EveryShopNeeded, ShopForbidden),
            ),
            Operation(
                "listKeys", "GET", "/v1/keys", self.list_keys, "API keys, newest first", answer=pb.ListKeysResponse,
                parameters=(
                    Parameter("shop", "The shop; empty for all."),
                    Parameter("page_size", "0 means 50, at most 1000.", "integer"), Parameter("page_token", "Opaque."),
                ),
                roles=admin, errors=(ShopForbidden,), tag=tag,
            ),
            Operation(
                "revokeKey", "POST", "/v1/keys/{key_id}:revoke", self.revoke_key, "Refuse a key from now on",
                answer=pb.RevokeKeyResponse, roles=admin, errors=(KeyNotFound,), tag=tag,
            ),
            Operation(
                "rotateKey", "POST", "/v1/keys/{key_id}:rotate", self.rotate_key, "A new secret for a key",
                body=pb.RotateKeyRequest, without=("key_id",), answer=pb.RotateKeyResponse, roles=admin,
                errors=(KeyNotFound, KeyEnded), tag=tag,
            ),
            Operation(
                "getQuota", "GET", "/v1/quotas/{shop}", self.get_quota, "Limits of a shop and what it has used",
                answer=pb.GetQuotaResponse, roles=admin, errors=(ShopForbidden,), tag=tag,
            ),
            Operation(
                "setQuota", "PUT", "/v1/quotas/{shop}", self.set_quota, "Set the limits of a shop",
                body=pb.SetQuotaRequest, answer=pb.SetQuotaResponse, roles=admin,
                errors=(FieldsInvalid, EveryShopNeeded), tag=tag,
            ),
        ]  # fmt: skip

    async def create_key(self, request: Request) -> Response:
        made = await self.access.create_key(await bodies.read(request, pb.CreateKeyRequest()))
        return bodies.answer(made, 201, Cache_Control="no-store")

    async def list_keys(self, request: Request) -> Response:
        query = request.query_params
        message = pb.ListKeysRequest(
            shop=query.get("shop", ""),
            page_size=bodies.integer(request, "page_size"),
            page_token=query.get("page_token", ""),
        )
        return bodies.answer(await self.access.list_keys(message))

    async def revoke_key(self, request: Request) -> Response:
        return bodies.answer(await self.access.revoke_key(pb.RevokeKeyRequest(key_id=request.path_params["key_id"])))

    async def rotate_key(self, request: Request) -> Response:
        message = await bodies.read(request, pb.RotateKeyRequest())
        message.key_id = in_path(request, "key_id", message.key_id)
        return bodies.answer(await self.access.rotate_key(message), Cache_Control="no-store")

    async def get_quota(self, request: Request) -> Response:
        return bodies.answer(await self.access.get_quota(pb.GetQuotaRequest(shop=request.path_params["shop"])))

    async def set_quota(self, request: Request) -> Response:
        message = await bodies.read(request, pb.SetQuotaRequest())
        message.quota.shop = in_path(request, "shop", message.quota.shop)
        return bodies.answer(await self.access.set_quota(message))


def in_path(request: Request, name: str, in_body: str) -> str:
    """The path names it; a body that repeats it must agree. Raises InvalidArgument."""
    named: str = request.path_params[name]
    if in_body not in ("", named):
        raise InvalidArgument(field=name, problem="differs from the one in the path; leave it out")
    return named
