"""Callers with and without keys, over REST and gRPC, for a house that requires keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc.aio
import httpx

from gateway.access import tokens
from gateway.access.settings import AccessSettings
from services.kit import rpc
from services.kit.settings import load

from .house import House

OPERATOR = tokens.new("operator")


def required(**changes: Any) -> dict[str, Any]:
    """For `make_house(required())`: keys are required, OPERATOR is an admin of every shop."""
    return {"access": load(AccessSettings, keys="required", admin_key=str(OPERATOR), **changes)}


@dataclass
class Caller:
    """`key` is '' for nobody."""

    house: House
    key: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.lower(), value) for name, value in self.headers.items())

    async def rest(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        return await self.house.rest.request(method, path, headers=headers, **more)

    async def key_for(self, shop: str, *roles: str, **more: Any) -> Caller:
        """A caller with a new key of these roles, made by this one."""
        body = {"shop": shop, "roles": [f"ROLE_{role.upper()}" for role in roles], **more}
        answer = await self.rest("POST", "/v1/keys", json=body)
        assert answer.status_code == 201, answer.text
        return Caller(self.house, answer.json()["secret"])

    @property
    def key_id(self) -> str:
        token = tokens.parse(self.key)
        assert token is not None
        return token.key_id

    async def code(self, method: Any, request: Any) -> str:
        """Reason of the refusal over gRPC, '' when the call went through. Streams are read to their first message."""
        call = method(request, metadata=self.metadata, timeout=60)
        try:
            if isinstance(call, grpc.aio.UnaryStreamCall):
                await call.read()
            else:
                await call
        except grpc.aio.AioRpcError as error:
            return rpc.from_rpc_error(error).reason
        return ""


def operator(house: House) -> Caller:
    return Caller(house, str(OPERATOR))
