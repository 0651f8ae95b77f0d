"""Wires the compose service and serves it."""

from __future__ import annotations

from typing import Any

from selvage_api.compose.v1.compose_service_pb2_grpc import add_ComposeServiceServicer_to_server
from selvage_api.usage.v1.usage_service_pb2_grpc import add_UsageServiceServicer_to_server
from services.compose.catalogue import Catalogue
from services.compose.servicer import ComposeServicer
from services.compose.settings import ComposeSettings
from services.kit.rpc import RpcSettings, Server, TlsSettings, metered, serve
from services.kit.settings import load
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.kit.usage.servicer import UsageServicer


async def start(
    settings: ComposeSettings | None = None,
    address: str = "",
    store: ObjectStore | None = None,
    tls: TlsSettings | None = None,
) -> Server:
    """A running compose service. What is not given comes from the environment; port 0 picks a free one.

    Raises SettingsInvalid, TemplateInvalid, TemplateUnknown (the default template), AddressInUse.
    """
    settings = settings or load(ComposeSettings)
    servicer = ComposeServicer(
        store or open_store(load(StoreSettings)), Catalogue(settings.templates, settings.template), settings.scratch
    )

    def add(server: Any) -> None:
        add_ComposeServiceServicer_to_server(servicer, server)
        add_UsageServiceServicer_to_server(UsageServicer(), server)

    return await serve(add, address or settings.address, load(RpcSettings), arounds=[metered], tls=tls)
