"""Wires the matting service and serves it."""

from __future__ import annotations

import asyncio
from typing import Any

from selvage_api.matting.v1.matting_service_pb2_grpc import add_MattingServiceServicer_to_server
from selvage_api.usage.v1.usage_service_pb2_grpc import add_UsageServiceServicer_to_server
from services.kit.rpc import RpcSettings, Server, TlsSettings, metered, serve
from services.kit.settings import load
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.kit.usage.servicer import UsageServicer
from services.matting.device import HOST, checked
from services.matting.servicer import MattingServicer
from services.matting.settings import MattingSettings
from services.matting.warm import compile_all


async def start(
    settings: MattingSettings | None = None,
    address: str = "",
    store: ObjectStore | None = None,
    tls: TlsSettings | None = None,
) -> Server:
    """A running matting service. What is not given comes from the environment; port 0 picks a free one.

    The first start compiles, about half a minute, unless `services.matting.warm` has done so at install or image build.

    Raises SettingsInvalid, DeviceMissing, TlsFilesUnusable, AddressInUse.
    """
    settings = settings or load(MattingSettings)
    if settings.device != HOST:
        await asyncio.to_thread(checked, settings.device)
    await asyncio.to_thread(compile_all)
    servicer = MattingServicer(store or open_store(load(StoreSettings)), settings)

    def add(server: Any) -> None:
        add_MattingServiceServicer_to_server(servicer, server)
        add_UsageServiceServicer_to_server(UsageServicer(), server)

    return await serve(add, address or settings.address, load(RpcSettings), arounds=[metered], tls=tls)
