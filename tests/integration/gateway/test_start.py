"""Starting and stopping a gateway as the command line does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.main import start
from gateway.settings import GatewaySettings, HomeSettings
from services.kit.errors import AddressInUse
from services.kit.store import ObjectStore
from tests.parts.house import House

ROOT = Path(__file__).resolve().parents[3]


async def test_without_a_database_address_the_embedded_one_is_used_and_stopped(store: ObjectStore) -> None:
    with TemporaryDirectory(prefix="selvage-test-") as home:
        settings = GatewaySettings(grpc_address="127.0.0.1:0", rest_address="127.0.0.1:0")
        gateway = await start(settings, store, HomeSettings(home=Path(home)))
        data = Path(home) / "postgres" / "data"
        assert (data / "postmaster.pid").exists()
        await gateway.stop()
        await gateway.stop()
        assert (data / "PG_VERSION").exists()
        assert not (data / "postmaster.pid").exists()


async def test_an_address_in_use_leaves_nothing_behind(house: House, store: ObjectStore) -> None:
    for taken in ({"grpc_address": house.gateway.grpc_address}, {"rest_address": house.gateway.rest_address}):
        addresses = {"grpc_address": "127.0.0.1:0", "rest_address": "127.0.0.1:0"} | taken
        with pytest.raises(AddressInUse):
            await start(GatewaySettings(database_url=house.gateway.database_url, **addresses), store)
    for name in ("worker", "rescue", "changes", "rest", "gauges"):
        assert sum(task.get_name() == name for task in asyncio.all_tasks()) == 1


async def test_the_module_serves_until_it_is_asked_to_stop(database_url: str, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")},
        "SELVAGE_GATEWAY_DATABASE_URL": database_url,
        "SELVAGE_GATEWAY_GRPC_ADDRESS": "127.0.0.1:0",
        "SELVAGE_GATEWAY_REST_ADDRESS": "127.0.0.1:0",
        "SELVAGE_STORE_URL": (tmp_path / "store").as_uri(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async for line in process.stderr:
        if b"gateway_started" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest = await process.stderr.read()
    assert await process.wait() == 0, rest.decode()
    assert b"Traceback" not in rest


async def test_wrong_settings_end_with_a_sentence_each(tmp_path: Path) -> None:
    environment = {**os.environ, "SELVAGE_GATEWAY_ROLE": "boss", "SELVAGE_GATEWAY_WORKERS": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"SELVAGE_GATEWAY_ROLE" in errors
    assert b"SELVAGE_GATEWAY_WORKERS" in errors
    assert b"Traceback" not in errors
