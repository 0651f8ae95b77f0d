"""The life of a gRPC server: health, graceful stop, replicas, reflection, an address in use."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from selvage_api.segment.v1 import segment_service_pb2 as segment
from selvage_api.segment.v1 import segment_service_pb2_grpc as segment_grpc
from services.kit import errors, rpc
from tests.parts.rpc_servers import SEGMENT, Unary, serve
from tests.parts.server import free_port


async def test_a_stop_lets_the_call_in_flight_finish_and_says_not_serving_first() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_request: Any, _context: Any) -> segment.DescribeResponse:
        begun.set()
        await may_end.wait()
        return segment.DescribeResponse(version="done")

    server = await serve(slow)
    async with rpc.connect(server.address) as channel, asyncio.timeout(60):
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=SEGMENT))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
        call = segment_grpc.SegmentServiceStub(channel).Describe(segment.DescribeRequest())
        await begun.wait()
        stopping = asyncio.create_task(server.stop(grace=45))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
        may_end.set()
        assert (await call).version == "done"
        await stopping


async def test_a_stop_without_grace_cancels_the_call() -> None:
    begun = asyncio.Event()

    async def endless(_request: Any, _context: Any) -> segment.DescribeResponse:
        begun.set()
        await asyncio.sleep(60)
        return segment.DescribeResponse()

    server = await serve(endless)
    async with rpc.connect(server.address) as channel:
        call = segment_grpc.SegmentServiceStub(channel).Describe(segment.DescribeRequest(), timeout=10)
        await begun.wait()
        await server.stop(grace=0)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
    assert isinstance(rpc.from_rpc_error(caught.value), errors.ServiceUnavailable)


async def test_a_server_that_is_away_and_comes_back() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with rpc.connect(address, service=SEGMENT) as channel:
        stub = segment_grpc.SegmentServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest())
        error = rpc.from_rpc_error(caught.value, "segment")
        assert isinstance(error, errors.ServiceUnavailable)
        assert error.details["service"] == "segment"
        async with await serve(address=address):
            answer = await stub.Describe(segment.DescribeRequest(), wait_for_ready=True, timeout=60)
            assert answer.version


async def test_replicas_take_turns_and_a_stopped_one_gets_no_calls() -> None:
    def named(name: str) -> Unary:
        async def describe(_request: Any, _context: Any) -> segment.DescribeResponse:
            return segment.DescribeResponse(version=name)

        return describe

    one, two = await serve(named("one")), await serve(named("two"))
    async with rpc.connect(f"ipv4:{one.address},{two.address}", service=SEGMENT) as channel, asyncio.timeout(60):
        stub = segment_grpc.SegmentServiceStub(channel)
        seen: set[str] = set()
        while seen != {"one", "two"}:  # the second connection may need a moment
            seen.add((await stub.Describe(segment.DescribeRequest())).version)
        await one.stop()
        after = [(await stub.Describe(segment.DescribeRequest())).version for _ in range(10)]
        assert after == ["two"] * 10
    await two.stop()


@pytest.mark.parametrize("reflecting", [True, False])
async def test_reflection_by_setting(reflecting: bool) -> None:
    async with await serve(reflection=reflecting) as server, rpc.connect(server.address) as channel:
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]))
        if reflecting:
            names = [service.name for service in (await call.read()).list_services_response.service]
            assert sorted(names) == ["grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection", SEGMENT]
        else:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.read()
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_address_in_use_is_named() -> None:
    async with await serve() as server:
        with pytest.raises(errors.AddressInUse) as caught:
            await serve(address=server.address)
        assert caught.value.details["address"] == server.address
