"""Writes docs/openapi.json, the document a gateway publishes: `python -m scripts.openapi`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx

from gateway.main import start
from gateway.settings import GatewaySettings, HomeSettings
from services.kit.store import StoreSettings, open_store

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


async def published() -> str:
    """The document of a gateway started for it, with the default settings."""
    with tempfile.TemporaryDirectory() as folder:
        home = HomeSettings(home=Path(folder))
        store = open_store(StoreSettings(url=(Path(folder) / "store").as_uri()))
        changes: dict[str, Any] = {"role": "serve", "grpc_address": "127.0.0.1:0", "rest_address": "127.0.0.1:0"}
        gateway = await start(GatewaySettings(**changes), store, home)
        async with gateway, httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://{gateway.rest_address}/v1/openapi.json")).raise_for_status().text


if __name__ == "__main__":
    FILE.write_text(asyncio.run(published()), encoding="utf-8")
