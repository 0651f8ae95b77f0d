"""Plate: the studio background behind this photo."""

from __future__ import annotations

from gateway.records import convert
from selvage_api.segment.v1 import segment_service_pb2

from .types import ImageRun, Result, Stage, Tools, Work, required


async def plan(run: ImageRun, tools: Tools) -> Work:
    described = await tools.services.describe_segment()

    async def work(prefix: str) -> Result:
        request = segment_service_pb2.EstimatePlateRequest(photos=[run.original], output_prefix=prefix)
        answer = await tools.services.call("segment", tools.services.segment.EstimatePlate, request)
        return Result(required("plate", plate=answer.plate), convert.to_json(answer.numbers), answer.use)

    return Work(described.fingerprint, {"kind": "photo"}, {"photo": run.original.sha256}, work)


PLATE = Stage("plate", plan)
