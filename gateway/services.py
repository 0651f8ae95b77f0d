"""The three services behind the gateway, over gRPC; their errors come back as rows of the error table."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc.aio

from selvage_api.compose.v1 import compose_service_pb2, compose_service_pb2_grpc
from selvage_api.matting.v1 import matting_service_pb2, matting_service_pb2_grpc
from selvage_api.segment.v1 import segment_service_pb2, segment_service_pb2_grpc
from selvage_api.usage.v1 import usage_service_pb2_grpc
from services.kit import rpc, tracing
from services.kit.errors import SelvageError

from .settings import GatewaySettings

R = TypeVar("R")


@dataclass
class _Kept:
    value: Any = None
    until: float = field(default=0.0)


class Services:
    """Stubs with a deadline on every call. Make and close it on the event loop that uses it."""

    def __init__(self, settings: GatewaySettings, tls: rpc.TlsSettings | None = None) -> None:
        self._settings = settings
        self._channels = {
            name: rpc.connect(getattr(settings, f"{name}_address"), tls=tls, passing=False)
            for name in ("segment", "matting", "compose")
        }
        self.segment = segment_service_pb2_grpc.SegmentServiceStub(self._channels["segment"])
        self.matting = matting_service_pb2_grpc.MattingServiceStub(self._channels["matting"])
        self.compose = compose_service_pb2_grpc.ComposeServiceStub(self._channels["compose"])
        self.usage = {
            name: usage_service_pb2_grpc.UsageServiceStub(channel) for name, channel in self._channels.items()
        }
        self._described: dict[str, _Kept] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._channels)

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()

    async def call(self, service: str, method: Callable[..., Awaitable[R]], request: object) -> R:
        """The answer, or the row of the error table that the call's status stands for."""
        with tracing.span(f"call {service}", "client"):
            try:
                return await method(request, **rpc.pass_on(self._settings.stage_seconds))
            except grpc.aio.AioRpcError as error:
                raise rpc.from_rpc_error(error, service) from error

    async def describe_segment(self) -> segment_service_pb2.DescribeResponse:
        return await self._describe("segment", self.segment.Describe, segment_service_pb2.DescribeRequest())

    async def describe_matting(self) -> matting_service_pb2.DescribeResponse:
        return await self._describe("matting", self.matting.Describe, matting_service_pb2.DescribeRequest())

    async def describe_compose(self) -> compose_service_pb2.DescribeResponse:
        return await self._describe("compose", self.compose.Describe, compose_service_pb2.DescribeRequest())

    async def reachable(self) -> dict[str, str]:
        """ "ok" or what is wrong, by service."""
        found = {}
        for name in self._channels:
            try:
                await getattr(self, f"describe_{name}")()
                found[name] = "ok"
            except SelvageError as error:
                found[name] = error.message
        return found

    async def _describe(self, service: str, method: Callable[..., Awaitable[R]], request: object) -> R:
        kept = self._described.setdefault(service, _Kept())
        if kept.value is None or time.monotonic() > kept.until:
            kept.value = await self.call(service, method, request)
            kept.until = time.monotonic() + self._settings.describe_seconds
        answer: R = kept.value
        return answer
