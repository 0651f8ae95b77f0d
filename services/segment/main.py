"""Wires the segment service and serves it."""

from __future__ import annotations

import asyncio
from typing import Any

from selvage_api.segment.v1.segment_service_pb2_grpc import add_SegmentServiceServicer_to_server
from selvage_api.usage.v1.usage_service_pb2_grpc import add_UsageServiceServicer_to_server
from services.kit.rpc import RpcSettings, Server, TlsSettings, metered, serve
from services.kit.settings import load
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.kit.usage.servicer import UsageServicer
from services.segment.profiles import build
from services.segment.servicer import SegmentServicer
from services.segment.settings import SegmentSettings


async def start(
    settings: SegmentSettings | None = None,
    address: str = "",
    store: ObjectStore | None = None,
    tls: TlsSettings | None = None,
) -> Server:
    """A running segment service. What is not given comes from the environment; port 0 picks a free one.

    Raises SettingsInvalid, TlsFilesUnusable, AddressInUse, ModelMissing, ModelContract, ProviderMissing.
    """
    settings = settings or load(SegmentSettings)
    profiles = await asyncio.to_thread(build, settings)
    servicer = SegmentServicer(store or open_store(load(StoreSettings)), profiles, settings)

    def add(server: Any) -> None:
        add_SegmentServiceServicer_to_server(servicer, server)
        add_UsageServiceServicer_to_server(UsageServicer(), server)

    return await serve(add, address or settings.address, load(RpcSettings), arounds=[metered], tls=tls)
