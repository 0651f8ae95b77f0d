"""gRPC servers of one method that a test writes: a call that answers once, and one that streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from selvage_api.jobs.v1 import jobs_service_pb2 as jobs
from selvage_api.jobs.v1 import jobs_service_pb2_grpc as jobs_grpc
from selvage_api.segment.v1 import segment_service_pb2 as segment
from selvage_api.segment.v1 import segment_service_pb2_grpc as segment_grpc
from services.kit import rpc
from services.kit.rpc import context

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
