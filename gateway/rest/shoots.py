"""The routes of shoots."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gateway.access.principal import Role
from gateway.errors import FieldsInvalid, ObjectsMissing, ShopForbidden
from gateway.shoots.errors import ShootFrozen, ShootNotFound
from gateway.shoots.handlers import Shoots
from selvage_api.shoots.v1 import shoots_service_pb2 as pb

from . import bodies
from .access import in_path
from .operation import Operation, Parameter


@dataclass(frozen=True)
class ShootRoutes:
    shoots: Shoots

    def table(self) -> list[Operation]:
        read, tag = (Role.SUBMIT, Role.REVIEW), "shoots"
        return [
            Operation(
                "listShoots", "GET", "/v1/shoots", self.list_shoots, "Shoots in order of their names",
                answer=pb.ListShootsResponse, roles=read, errors=(ShopForbidden,), tag=tag,
                parameters=(
                    Parameter("shop", "The shop; empty for all."),
                    Parameter("page_size", "0 means 50, at most 1000.", "integer"),
                    Parameter("page_token", "Opaque."),
                ),
            ),
            Operation(
                "getShoot", "GET", "/v1/shoots/{shop}/{name}", self.get_shoot, "A shoot and its plate",
                answer=pb.GetShootResponse, roles=read, errors=(ShootNotFound, FieldsInvalid), tag=tag,
            ),
            Operation(
                "setEmptyFrame", "PUT", "/v1/shoots/{shop}/{name}/empty-frame", self.set_empty_frame,
                "Name a photo of the empty set", body=pb.SetEmptyFrameRequest, without=("shop", "name"),
                answer=pb.SetEmptyFrameResponse, roles=(Role.SUBMIT,), tag=tag,
                errors=(ShopForbidden, FieldsInvalid, ObjectsMissing, ShootFrozen),
            ),
        ]  # fmt: skip

    async def list_shoots(self, request: Request) -> Response:
        query = request.query_params
        message = pb.ListShootsRequest(
            shop=query.get("shop", ""),
            page_size=bodies.integer(request, "page_size"),
            page_token=query.get("page_token", ""),
        )
        return bodies.answer(await self.shoots.list_shoots(message))

    async def get_shoot(self, request: Request) -> Response:
        named = request.path_params
        return bodies.answer(await self.shoots.get(pb.GetShootRequest(shop=named["shop"], name=named["name"])))

    async def set_empty_frame(self, request: Request) -> Response:
        message = await bodies.read(request, pb.SetEmptyFrameRequest())
        message.shop = in_path(request, "shop", message.shop)
        message.name = in_path(request, "name", message.name)
        return bodies.answer(await self.shoots.set_empty_frame(message))
