"""Hands what is measured to gateways, which book it."""

from __future__ import annotations

from typing import Any

from selvage_api.images.v1 import use_pb2
from selvage_api.usage.v1 import usage_service_pb2 as pb
from selvage_api.usage.v1 import usage_service_pb2_grpc

from .meter import Entry, meter

PAGE = 1000
"""Entries in one answer."""


class UsageServicer(usage_service_pb2_grpc.UsageServiceServicer):
    """The same in every service; services that share a process share its meter."""

    async def Collect(self, request: pb.CollectRequest, context: Any) -> pb.CollectResponse:
        return collect(request)


def collect(request: pb.CollectRequest) -> pb.CollectResponse:
    """What this process has used that is not booked."""
    if meter().process in request.booked:
        meter().booked(request.booked[meter().process])
    entries = meter().entries(PAGE)
    told = [pb.Entry(charge_to=entry.charge_to, method=entry.method, use=message(entry)) for entry in entries]
    return pb.CollectResponse(process=meter().process, entries=told, more=len(entries) == PAGE)


def message(entry: Entry) -> use_pb2.StageUse:
    """An entry of this process as it travels."""
    return use_pb2.StageUse(
        cpu_seconds=entry.cpu_seconds,
        gpu_seconds=entry.gpu_seconds,
        model_cpu_seconds=entry.model_cpu_seconds,
        bytes_written=entry.bytes_written,
        process=meter().process,
        sequence=entry.sequence,
    )
