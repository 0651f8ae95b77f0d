"""Asks for keys, quotas and costs: a running server over REST, or the database. Requests and answers are protos."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
from google.protobuf import json_format
from google.protobuf.message import Message

from selvage.client.http import options
from selvage.client.session import Session
from selvage.errors import rebuild
from selvage_api.access.v1 import access_service_pb2 as pb
from selvage_api.reports.v1 import reports_service_pb2 as reports_pb
from services.kit.errors import ServiceUnavailable
from services.kit.settings import load

# Handler -> method, path and answer.
_ROUTES: dict[str, tuple[str, str, type[Message]]] = {
    "create_key": ("POST", "/v1/keys", pb.CreateKeyResponse),
    "list_keys": ("GET", "/v1/keys", pb.ListKeysResponse),
    "revoke_key": ("POST", "/v1/keys/{key_id}:revoke", pb.RevokeKeyResponse),
    "rotate_key": ("POST", "/v1/keys/{key_id}:rotate", pb.RotateKeyResponse),
    "get_quota": ("GET", "/v1/quotas/{shop}", pb.GetQuotaResponse),
    "set_quota": ("PUT", "/v1/quotas/{shop}", pb.SetQuotaResponse),
    "get_costs": ("GET", "/v1/reports/costs", reports_pb.GetCostsResponse),
    "get_budget": ("GET", "/v1/budgets/{shop}", reports_pb.GetBudgetResponse),
    "set_budget": ("PUT", "/v1/budgets/{shop}", reports_pb.SetBudgetResponse),
}


@dataclass(frozen=True)
class Office:
    """`server` is None for the database itself: that of SELVAGE_GATEWAY_DATABASE_URL, else the one under `home`."""

    server: Session | None = None
    home: Path | None = None

    def create_key(self, request: pb.CreateKeyRequest) -> pb.CreateKeyResponse:
        return cast(pb.CreateKeyResponse, self._ask("create_key", request))

    def list_keys(self, shop: str) -> list[pb.Key]:
        """All pages, newest first."""
        keys: list[pb.Key] = []
        request = pb.ListKeysRequest(shop=shop, page_size=1000)
        while True:
            page = cast(pb.ListKeysResponse, self._ask("list_keys", request))
            keys += page.keys
            request.page_token = page.next_page_token
            if not request.page_token:
                return keys

    def revoke_key(self, key_id: str) -> pb.RevokeKeyResponse:
        return cast(pb.RevokeKeyResponse, self._ask("revoke_key", pb.RevokeKeyRequest(key_id=key_id)))

    def rotate_key(self, key_id: str, overlap_seconds: int) -> pb.RotateKeyResponse:
        request = pb.RotateKeyRequest(key_id=key_id, overlap_seconds=overlap_seconds)
        return cast(pb.RotateKeyResponse, self._ask("rotate_key", request))

    def get_quota(self, shop: str) -> pb.GetQuotaResponse:
        return cast(pb.GetQuotaResponse, self._ask("get_quota", pb.GetQuotaRequest(shop=shop)))

    def set_quota(self, quota: pb.Quota) -> pb.SetQuotaResponse:
        return cast(pb.SetQuotaResponse, self._ask("set_quota", pb.SetQuotaRequest(quota=quota)))

    def get_costs(self, request: reports_pb.GetCostsRequest) -> reports_pb.GetCostsResponse:
        return cast(reports_pb.GetCostsResponse, self._ask("get_costs", request))

    def get_budget(self, shop: str, month: str) -> reports_pb.GetBudgetResponse:
        request = reports_pb.GetBudgetRequest(shop=shop, month=month)
        return cast(reports_pb.GetBudgetResponse, self._ask("get_budget", request))

    def set_budget(self, budget: reports_pb.Budget) -> reports_pb.SetBudgetResponse:
        return cast(reports_pb.SetBudgetResponse, self._ask("set_budget", reports_pb.SetBudgetRequest(budget=budget)))

    def _ask(self, name: str, request: Message) -> Message:
        """Raises the rows of the handler, and ServiceUnavailable or DatabaseUnavailable."""
        if self.server is not None:
            return _over_rest(self.server, name, request)
        return asyncio.run(_on_database(self.home, name, request))


def _over_rest(session: Session, name: str, request: Message) -> Message:
    method, path, answer = _ROUTES[name]
    fields: dict[str, Any] = json_format.MessageToDict(request, preserving_proto_field_name=True)
    shop = fields.get("quota", fields.get("budget", fields)).get("shop", "")
    in_path = {"key_id": fields.get("key_id", ""), "shop": shop}
    path = path.format_map({field: quote(value, safe="") for field, value in in_path.items()})
    query, body = (fields, None) if method == "GET" else (None, fields)
    try:
        with httpx.Client(**options(session), timeout=session.timeout) as client:
            got = client.request(method, session.base_url + path, headers=session.headers(), params=query, json=body)
    except httpx.HTTPError as cause:
        raise ServiceUnavailable(service="gateway", cause=str(cause) or type(cause).__name__) from cause
    try:
        content = got.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ServiceUnavailable(service="gateway", cause=f"HTTP {got.status_code} without JSON; check the address")
    if got.is_error:
        raise rebuild(content)
    return json_format.ParseDict(content, answer(), ignore_unknown_fields=True)


async def _on_database(home: Path | None, name: str, request: Message) -> Message:
    # Loading the gateway takes a moment; a server is asked without.
    from gateway.access import direct  # noqa: PLC0415
    from gateway.settings import GatewaySettings, HomeSettings  # noqa: PLC0415

    where = load(HomeSettings, home=home) if home else load(HomeSettings)
    async with direct.opened(load(GatewaySettings), where) as handlers:
        handler = next(getattr(each, name) for each in handlers if hasattr(each, name))
        answer: Message = await handler(request)
        return answer
