"""Balancing on the client's side, as in a cluster: one name, several addresses, each pod in turn."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.compose.v1 import compose_service_pb2_grpc
from services.kit import rpc
from services.kit.rpc.tls import TlsSettings
from tests.parts import nameserver

NAME = "compose.selvage.svc.cluster.local"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers at all of 127.0.0.0/8")


class Pod(compose_service_pb2_grpc.ComposeServiceServicer):
    """Says which one it is."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeResponse:
        return pb.DescribeResponse(version=self.address)


async def start(address: str, port: int) -> rpc.Server:
    def add(server: Any) -> None:
        compose_service_pb2_grpc.add_ComposeServiceServicer_to_server(Pod(address), server)

    return await rpc.serve(add, f"{address}:{port}", tls=TlsSettings.plain())


def port_of(server: rpc.Server) -> int:
    return int(server.address.rpartition(":")[2])


async def test_calls_go_to_every_address_of_the_name_and_stay_whole_when_one_stops() -> None:
    first = await start("127.0.0.2", 0)
    others = [await start(address, port_of(first)) for address in ("127.0.0.3", "127.0.0.4")]
    addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    with nameserver.serving({NAME: addresses}) as names:
        target = f"dns://127.0.0.1:{names.port}/{NAME}:{port_of(first)}"
        async with rpc.connect(target, tls=TlsSettings.plain()) as channel:
            stub = compose_service_pb2_grpc.ComposeServiceStub(channel)

            async def asked(calls: int) -> Counter[str]:
                return Counter([(await stub.Describe(pb.DescribeRequest())).version for _ in range(calls)])

            async def settles(expected: list[str]) -> bool:
                """Connections come and go one after another; in the end each address has its share."""
                for _ in range(400):
                    found = await asked(30)
                    if sorted(found) == expected and min(found.values()) >= 30 // len(expected) - 2:
                        return True
                    await asyncio.sleep(0.05)
                return False

            assert await settles(addresses)
            names.addresses[NAME] = addresses[1:]
            stopping = asyncio.create_task(first.stop(5))
            assert await settles(addresses[1:])  # and no call of these failed
            await stopping
    for server in others:
        await server.stop(0)


async def test_a_pod_that_is_stopping_says_so_to_the_kubelets_probe() -> None:
    server = await start("127.0.0.2", 0)
    async with grpc.aio.insecure_channel(server.address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        stopping = asyncio.create_task(server.stop(5))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
    await stopping
