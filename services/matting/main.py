"""Wires the matting service and serves it."""

from __future__ import annotations

from typing import Any

from selvage_api.matting.v1.matting_service_pb2_grpc import add_MattingServiceServicer_to_server
from services.kit.rpc import RpcSettings, Server, serve
from services.kit.settings import load
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.matting.servicer import MattingServicer
from services.matting.settings import MattingSettings


async def start(settings: MattingSettings | None = None, address: str = "", store: ObjectStore | None = None) -> Server:
    """A running matting service. What is not given comes from the environment; port 0 picks a free one.

    Raises SettingsInvalid, AddressInUse.
    """
    settings = settings or load(MattingSettings)
    servicer = MattingServicer(store or open_store(load(StoreSettings)), settings)

    def add(server: Any) -> None:
        add_MattingServiceServicer_to_server(servicer, server)

    return await serve(add, address or settings.address, load(RpcSettings))
