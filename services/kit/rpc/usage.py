"""The use of a call: measured about every call, carried by answers, and handed to gateways that collect the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from selvage_api.images.v1 import use_pb2
from selvage_api.usage.v1 import usage_service_pb2 as pb
from selvage_api.usage.v1 import usage_service_pb2_grpc
from services.kit import usage
from services.kit.rpc.context import CHARGE_KEY
from services.kit.rpc.interceptors import Call


PAGE = 1000
"""Entries in one answer."""


@asynccontextmanager
async def metered(call: Call) -> AsyncIterator[None]:
    """An `Around` for the servers of services: books what a call used on whom its metadata names."""
    given = call.metadata.get(CHARGE_KEY)
    with usage.meter().serving(given if isinstance(given, str) else "", call.method):
        yield


def settled() -> use_pb2.StageUse:
    """For the answer of the current call: what it has used. Empty outside of a metered call."""
    call = usage.current()
    return use_pb2.StageUse() if call is None else message(usage.meter().settle(call))


def message(entry: usage.Entry) -> use_pb2.StageUse:
    """The entry of this process as it travels."""
    return use_pb2.StageUse(
        cpu_seconds=entry.cpu_seconds,
        gpu_seconds=entry.gpu_seconds,
        model_cpu_seconds=entry.model_cpu_seconds,
        bytes_written=entry.bytes_written,
        process=usage.meter().process,
        sequence=entry.sequence,
    )


class UsageServicer(usage_service_pb2_grpc.UsageServiceServicer):
    """The same in every service; services that share a process share its meter."""

    async def Collect(self, request: pb.CollectRequest, context: Any) -> pb.CollectResponse:
        return collect(request)


def collect(request: pb.CollectRequest) -> pb.CollectResponse:
    """What this process has used that is not booked."""
    meter = usage.meter()
    if request.process == meter.process:
        meter.booked(request.sequence)
    entries = meter.entries(PAGE)
    return pb.CollectResponse(
        process=meter.process,
        more=len(entries) == PAGE,
        entries=[
            pb.Entry(charge_to=entry.charge_to, method=entry.method, use=message(entry)) for entry in entries
        ],
    )

