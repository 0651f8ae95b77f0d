"""A real gRPC server and client on loopback: ids, deadlines, errors, health, retries, graceful stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from selvage_api.jobs.v1 import jobs_service_pb2 as jobs
from selvage_api.jobs.v1 import jobs_service_pb2_grpc as jobs_grpc
from selvage_api.segment.v1 import segment_service_pb2 as segment
from selvage_api.segment.v1 import segment_service_pb2_grpc as segment_grpc
from services.kit import errors, metrics, rpc
from services.kit.rpc import context
from services.kit.rpc.status import DETAILS_KEY
from tests.parts.server import free_port

SEGMENT = "selvage_api.segment.v1.SegmentService"
JOBS = "selvage_api.jobs.v1.JobsService"

Unary = Callable[[Any, Any], Awaitable[segment.DescribeResponse]]
Stream = Callable[[Any, Any], AsyncIterator[jobs.WatchJobResponse]]


class Segment(segment_grpc.SegmentServiceServicer):
    def __init__(self, describe: Unary) -> None:
        self._describe = describe

    async def Describe(self, request: segment.DescribeRequest, context: Any) -> segment.DescribeResponse:
        return await self._describe(request, context)


class Jobs(jobs_grpc.JobsServiceServicer):
    def __init__(self, watch: Stream) -> None:
        self._watch = watch

    async def WatchJob(self, request: jobs.WatchJobRequest, context: Any) -> AsyncIterator[jobs.WatchJobResponse]:
        async for answer in self._watch(request, context):
            yield answer


async def echo(_request: Any, _context: Any) -> segment.DescribeResponse:
    left = rpc.remaining()
    return segment.DescribeResponse(version=context.request_id.get(), fingerprint="" if left is None else str(left))


async def serve(describe: Unary = echo, address: str = "127.0.0.1:0", **settings: Any) -> rpc.Server:
    return await rpc.serve(
        lambda server: segment_grpc.add_SegmentServiceServicer_to_server(Segment(describe), server),
        address,
        rpc.RpcSettings(**settings),
    )


@asynccontextmanager
async def serving(describe: Unary = echo, **settings: Any) -> AsyncIterator[Any]:
    """A stub of a fresh server."""
    async with await serve(describe, **settings) as server, rpc.connect(server.address) as channel:
        yield segment_grpc.SegmentServiceStub(channel)


@asynccontextmanager
async def watching(watch: Stream) -> AsyncIterator[Any]:
    def add(server: Any) -> None:
        jobs_grpc.add_JobsServiceServicer_to_server(Jobs(watch), server)

    async with await rpc.serve(add) as server, rpc.connect(server.address) as channel:
        yield jobs_grpc.JobsServiceStub(channel)


def counted(service: str, method: str, code: str) -> float:
    labels = {"service": service, "method": method, "code": code}
    return metrics.REGISTRY.get_sample_value("selvage_rpc_requests_total", labels) or 0.0


def in_flight(service: str, method: str) -> float | None:
    return metrics.REGISTRY.get_sample_value("selvage_rpc_in_flight", {"service": service, "method": method})


async def test_the_request_id_is_kept_from_hop_to_hop() -> None:
    async with serving() as second:

        async def pass_on(_request: Any, _context: Any) -> segment.DescribeResponse:
            answer: segment.DescribeResponse = await second.Describe(segment.DescribeRequest())
            return answer

        async with serving(pass_on) as first:
            given = (("x-request-id", "shop-42"),)
            assert (await first.Describe(segment.DescribeRequest(), metadata=given)).version == "shop-42"
            made = (await first.Describe(segment.DescribeRequest())).version
            assert len(made) == 32
            assert made != (await first.Describe(segment.DescribeRequest())).version
            unfit = (("x-request-id", "two words"),)
            assert len((await first.Describe(segment.DescribeRequest(), metadata=unfit)).version) == 32


async def test_the_deadline_is_passed_on() -> None:
    async with serving() as second:

        async def pass_on(_request: Any, _context: Any) -> segment.DescribeResponse:
            long = await second.Describe(segment.DescribeRequest(), timeout=500)
            short = await second.Describe(segment.DescribeRequest(), timeout=2)
            return segment.DescribeResponse(version=long.fingerprint, fingerprint=short.fingerprint)

        async with serving(pass_on) as first:
            answer = await first.Describe(segment.DescribeRequest(), timeout=30)
    # gRPC rounds a timeout up by as much as a hundredth on the wire
    assert 20 < float(answer.version) < 30.4
    assert 0 < float(answer.fingerprint) < 2.1


async def test_a_call_without_a_deadline_gets_the_default_one() -> None:
    async with serving() as stub:
        assert 100 < float((await stub.Describe(segment.DescribeRequest())).fingerprint) < 122  # rounded up on the wire


async def test_nothing_is_called_when_no_time_is_left() -> None:
    called: list[int] = []

    async def never(_request: Any, _context: Any) -> segment.DescribeResponse:
        called.append(1)
        return segment.DescribeResponse()

    async with serving(never) as second:

        async def pass_on(_request: Any, _context: Any) -> segment.DescribeResponse:
            context.set_remaining(0.01)  # as after long work
            answer: segment.DescribeResponse = await second.Describe(segment.DescribeRequest())
            return answer

        async with serving(pass_on) as first:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await first.Describe(segment.DescribeRequest(), timeout=30)
    assert isinstance(rpc.from_rpc_error(caught.value), errors.DeadlineTooShort)
    assert called == []


async def test_a_deadline_that_passes_is_told_apart_from_a_service_that_is_away() -> None:
    async def slow(_request: Any, _context: Any) -> segment.DescribeResponse:
        await asyncio.sleep(30)
        return segment.DescribeResponse()

    async with serving(slow, grace_seconds=0) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest(), timeout=0.2)
    error = rpc.from_rpc_error(caught.value, "segment")
    assert isinstance(error, errors.DeadlineExceeded)
    assert error.details == {"service": "segment"}
    assert error.retryable


async def test_a_method_nobody_has_written_is_told_so() -> None:
    before = counted(SEGMENT, "Segment", "UNIMPLEMENTED")
    async with serving() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Segment(segment.SegmentRequest())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    error = rpc.from_rpc_error(caught.value)
    assert isinstance(error, errors.MethodNotServed)
    assert error.details == {"method": f"{SEGMENT}/Segment"}
    assert counted(SEGMENT, "Segment", "UNIMPLEMENTED") == before + 1


async def test_a_stream_nobody_has_written_is_told_so() -> None:
    def add(server: Any) -> None:
        jobs_grpc.add_JobsServiceServicer_to_server(jobs_grpc.JobsServiceServicer(), server)

    async with await rpc.serve(add) as server, rpc.connect(server.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await jobs_grpc.JobsServiceStub(channel).WatchJob(jobs.WatchJobRequest()).read()
    assert isinstance(rpc.from_rpc_error(caught.value), errors.MethodNotServed)


async def test_a_part_of_a_method_that_is_not_written_is_a_fault_of_ours() -> None:
    async def half(_request: Any, _context: Any) -> segment.DescribeResponse:
        raise NotImplementedError

    async with serving(half) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest())
    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_what_nobody_foresaw_is_told_in_general_and_findable_by_its_id() -> None:
    async def broken(_request: Any, _context: Any) -> segment.DescribeResponse:
        raise ValueError("the password is 1234")

    before = counted(SEGMENT, "Describe", "INTERNAL")
    async with serving(broken) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest(), metadata=(("x-request-id", "id-7"),))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "1234" not in (caught.value.details() or "")
    assert type(rpc.from_rpc_error(caught.value)) is errors.SelvageError
    assert counted(SEGMENT, "Describe", "INTERNAL") == before + 1
    details = {detail.TypeName(): detail for detail in rich(caught.value).details}
    request = error_details_pb2.RequestInfo()
    assert details["google.rpc.RequestInfo"].Unpack(request)
    assert request.request_id == "id-7"


async def test_a_status_has_one_error_info_and_a_delay_when_a_retry_helps() -> None:
    async def full(_request: Any, _context: Any) -> segment.DescribeResponse:
        raise errors.Overloaded(seconds=3)

    async with serving(full) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest())
    status = rich(caught.value)
    assert [detail.TypeName() for detail in status.details].count("google.rpc.ErrorInfo") == 1
    info, delay = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain, dict(info.metadata)) == ("OVERLOADED", "selvage", {"seconds": "3"})
    assert next(detail for detail in status.details if detail.Unpack(delay))
    assert delay.retry_delay.ToSeconds() == 3


async def test_a_message_too_long_for_a_trailer_still_arrives() -> None:
    async def long(_request: Any, _context: Any) -> segment.DescribeResponse:
        raise errors.SettingsInvalid(count=999, problems="ü" * 100_000)

    async with serving(long) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest())
    error = rpc.from_rpc_error(caught.value)
    assert isinstance(error, errors.SettingsInvalid)
    assert error.details["count"] == "999"
    assert error.message.startswith("999 setting(s)")


async def test_a_row_unknown_here_keeps_reason_message_and_retry() -> None:
    class FromTheFuture(errors.SelvageError):
        """The flux is {flux}. Check it."""

        code, retryable = "ABORTED", True

    async def raising(_request: Any, _context: Any) -> segment.DescribeResponse:
        raise FromTheFuture(flux=3)

    async with serving(raising) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Describe(segment.DescribeRequest())
    FromTheFuture.reason = "SOMETHING_ELSE"  # this process does not know the row any more
    error = rpc.from_rpc_error(caught.value)
    assert (error.reason, error.message) == ("FROM_THE_FUTURE", "The flux is 3. Check it.")
    assert (error.code, error.http, error.retryable, error.details) == ("ABORTED", 409, True, {"flux": "3"})


async def test_unavailable_is_tried_again_and_nothing_else_is() -> None:
    seen: list[str] = []

    async def recovering(_request: Any, _context: Any) -> segment.DescribeResponse:
        seen.append("call")
        if len(seen) < 3:
            raise errors.StoreUnavailable(cause="a restart")
        return segment.DescribeResponse(version="well")

    async with serving(recovering) as stub:
        assert (await stub.Describe(segment.DescribeRequest())).version == "well"
    assert len(seen) == 3

    async def full(_request: Any, _context: Any) -> segment.DescribeResponse:
        seen.append("call")
        raise errors.Overloaded(seconds=1)

    seen.clear()
    async with serving(full) as stub:
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.Describe(segment.DescribeRequest())
    assert len(seen) == 1


async def test_a_stream_keeps_its_error_and_is_counted() -> None:
    async def watch(_request: Any, _context: Any) -> AsyncIterator[jobs.WatchJobResponse]:
        yield jobs.WatchJobResponse(job=jobs.Job(job_id=context.request_id.get()))
        raise errors.ObjectNotFound(key="a")

    before = counted(JOBS, "WatchJob", "NOT_FOUND")
    async with watching(watch) as stub:
        call = stub.WatchJob(jobs.WatchJobRequest(), metadata=(("x-request-id", "id-8"),))
        got = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for answer in call:
                got.append(answer.job.job_id)  # noqa: PERF401  (kept when the loop raises)
    assert got == ["id-8"]
    error = rpc.from_rpc_error(caught.value)
    assert isinstance(error, errors.ObjectNotFound)
    assert error.details == {"key": "a"}
    assert counted(JOBS, "WatchJob", "NOT_FOUND") == before + 1
    assert in_flight(JOBS, "WatchJob") == 0


async def test_a_watcher_that_leaves_ends_the_stream() -> None:
    ended = asyncio.Event()

    async def watch(_request: Any, _context: Any) -> AsyncIterator[jobs.WatchJobResponse]:
        try:
            for _ in range(1000):
                yield jobs.WatchJobResponse()
                await asyncio.sleep(0.05)
        finally:
            ended.set()

    before = counted(JOBS, "WatchJob", "CANCELLED")
    async with watching(watch) as stub:
        call = stub.WatchJob(jobs.WatchJobRequest())
        await call.read()
        call.cancel()
        async with asyncio.timeout(60):
            await ended.wait()
            while in_flight(JOBS, "WatchJob"):  # noqa: ASYNC110  (a gauge has no event)
                await asyncio.sleep(0.01)
    assert counted(JOBS, "WatchJob", "CANCELLED") == before + 1


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


def rich(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    trailers: Any = error.trailing_metadata()
    return status_pb2.Status.FromString(next(value for key, value in trailers if key == DETAILS_KEY))
