"""Calls between a real gRPC server and client on loopback: ids, deadlines, errors, retries, streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2

from selvage_api.jobs.v1 import jobs_service_pb2 as jobs
from selvage_api.jobs.v1 import jobs_service_pb2_grpc as jobs_grpc
from selvage_api.segment.v1 import segment_service_pb2 as segment
from services.kit import errors, metrics, rpc
from services.kit.rpc import context
from services.kit.rpc.status import DETAILS_KEY
from tests.parts.rpc_servers import JOBS, SEGMENT, serving, watching


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


def rich(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    trailers: Any = error.trailing_metadata()
    return status_pb2.Status.FromString(next(value for key, value in trailers if key == DETAILS_KEY))
