"""A service as a process of its own: scraped where it is told to be, and part of its caller's trace."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import httpx
import pytest

from selvage_api.compose.v1 import compose_service_pb2, compose_service_pb2_grpc
from services.kit import rpc
from services.kit.errors import AddressInUse
from services.kit.metrics.serve import served
from tests.parts.otlp import collector

ROOT = Path(__file__).resolve().parents[2]
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def free() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
async def test_a_process_shows_its_metrics_and_sends_its_spans(tmp_path: Path) -> None:
    address, scraped = free(), free()
    with collector() as sink:
        environment = os.environ | {
            "SELVAGE_COMPOSE_ADDRESS": address,
            "SELVAGE_STORE_URL": tmp_path.as_uri(),
            "SELVAGE_METRICS_ADDRESS": scraped,
            "SELVAGE_TRACING_ENDPOINT": sink.address,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.compose", cwd=ROOT, env=environment
        )
        try:
            async with rpc.connect(address) as channel:
                stub = compose_service_pb2_grpc.ComposeServiceStub(channel)
                request = compose_service_pb2.DescribeRequest()
                await stub.Describe(request, wait_for_ready=True, timeout=60)
                await stub.Describe(request, metadata=[("traceparent", CALLER)])
            async with httpx.AsyncClient(trust_env=False) as client:
                accept = {"accept": "application/openmetrics-text; version=1.0.0"}
                text = (await client.get(f"http://{scraped}/metrics", headers=accept)).text
            process.terminate()
            assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    calls = (
        'selvage_rpc_requests_total{code="OK",method="Describe",service="selvage_api.compose.v1.ComposeService"} 2.0'
    )
    assert calls in text
    assert 'component="compose"' in text
    assert '# {trace_id="0af7651916cd43dd8448eb211c80319c"}' in text
    (taken,) = sink.taken
    assert (taken.service, taken.trace) == ("selvage-compose", CALLER[3:35])
    assert taken.span.parent_span_id.hex() == CALLER[36:52]


def test_a_taken_address_is_said() -> None:
    with served(free()) as address, pytest.raises(AddressInUse, match=address), served(address):
        pass


def test_without_an_address_nothing_is_served() -> None:
    with served("") as address:
        assert address == ""
