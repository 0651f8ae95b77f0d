"""Balancing on the client's side, as in a cluster: one name, several addresses, each pod in turn."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections import Counter
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.compose.v1 import compose_service_pb2_grpc
from services.kit import rpc
from services.kit.rpc.client import RESOLVE_SECONDS
from services.kit.rpc.tls import TlsSettings
from tests.parts import nameserver

NAME = "compose.selvage.svc.cluster.local"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers at all of 127.0.0.0/8")


class Pod(compose_service_pb2_grpc.ComposeServiceServicer):
    """Says which one it is, and notes which calls have begun, by the number they carry."""

    def __init__(self, address: str, begun: Counter[str]) -> None:
        self.address = address
        self.begun = begun

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeResponse:
        self.begun[dict(context.invocation_metadata()).get("number", "")] += 1
        return pb.DescribeResponse(version=self.address)


async def start(address: str, port: int, begun: Counter[str] | None = None) -> rpc.Server:
    pod = Pod(address, Counter() if begun is None else begun)

    def add(server: Any) -> None:
        compose_service_pb2_grpc.add_ComposeServiceServicer_to_server(pod, server)

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


async def test_no_call_is_lost_or_made_twice_while_every_pod_is_replaced() -> None:
    """And while the new ones are: calls reach a pod in the very moment in which it stops."""
    begun: Counter[str] = Counter()
    first = await start("127.0.0.2", 0, begun)
    port, calls, ended = port_of(first), itertools.count(), asyncio.Event()
    pods = [first, await start("127.0.0.3", port, begun)]
    with nameserver.serving({NAME: ["127.0.0.2", "127.0.0.3"]}) as names:
        target = f"dns://127.0.0.1:{names.port}/{NAME}:{port}"
        async with rpc.connect(target, tls=TlsSettings.plain()) as channel:
            stub = compose_service_pb2_grpc.ComposeServiceStub(channel)
            answered: Counter[str] = Counter()

            async def ask() -> None:
                while not ended.is_set():
                    told = [("number", str(next(calls)))]
                    answered[(await stub.Describe(pb.DescribeRequest(), metadata=told)).version] += 1

            asking = [asyncio.create_task(ask()) for _ in range(8)]
            while len(answered) < 2:  # noqa: ASYNC110 - the answers are what we wait for
                await asyncio.sleep(0.01)
            for last in range(4, 8):
                pods.append(await start(f"127.0.0.{last}", port, begun))
                names.addresses[NAME] = [each.address.rpartition(":")[0] for each in pods[1:]]
                await pods.pop(0).stop(20)
                await asyncio.sleep(1.5 * RESOLVE_SECONDS)  # the next pod takes longer to start than that
            ended.set()
            await asyncio.gather(*asking)
    assert set(begun.values()) == {1}
    assert begun.total() == answered.total()
    assert len(answered) == 6
    for pod in pods:
        await pod.stop(0)


async def test_a_pod_that_is_stopping_says_so_to_the_kubelets_probe() -> None:
    server = await start("127.0.0.2", 0)
    async with grpc.aio.insecure_channel(server.address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        stopping = asyncio.create_task(server.stop(5))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
    await stopping
