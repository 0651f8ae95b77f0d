"""Plate: the studio background behind this photo; its shoot's at the photo's exposure, or one of its own."""

from __future__ import annotations

from typing import Any

from gateway.records import convert
from gateway.shoots.plates import Shared
from selvage_api.segment.v1 import segment_service_pb2

from .types import ImageRun, Result, Stage, Tools, Work, required


async def plan(run: ImageRun, tools: Tools) -> Work:
    described = await tools.services.describe_segment()
    inputs = {"photo": run.original.sha256}
    name = run.row["shoot"]
    if not name:
        return Work(described.fingerprint, {"kind": "photo"}, inputs, _work(run, tools))
    shared = await tools.plates.of(run.row["shop"], name)
    settings = {"kind": "shoot", "shoot": name, "version": shared.version, "why_not": shared.why_not}
    inputs["shoot"] = shared.plate.sha256 if shared.plate else ""
    return Work(described.fingerprint, settings, inputs, _work(run, tools, name, shared))


def _work(run: ImageRun, tools: Tools, name: str = "", shared: Shared | None = None) -> Any:
    async def estimate(prefix: str, **fields: Any) -> segment_service_pb2.EstimatePlateResponse:
        request = segment_service_pb2.EstimatePlateRequest(photos=[run.original], output_prefix=prefix, **fields)
        return await tools.services.call("segment", tools.services.segment.EstimatePlate, request)

    async def work(prefix: str) -> Result:
        if shared is None:
            return _result(await estimate(prefix))
        why_not = shared.why_not
        if shared.plate is not None:
            answer = await estimate(prefix, shoot_plate=shared.plate)
            why_not = "" if answer.numbers.usable else answer.numbers.detail
        if why_not:
            answer = await estimate(prefix)
        # Never in silence: the numbers say which plate it is, and why not the shoot's.
        plate = shared.plate.sha256 if shared.plate else ""
        told = {"name": name, "version": shared.version, "plate": plate, "why_not": why_not}
        return _result(answer, shoot=told)

    return work


def _result(answer: segment_service_pb2.EstimatePlateResponse, **told: Any) -> Result:
    return Result(required("plate", plate=answer.plate), convert.to_json(answer.numbers) | told, answer.use)


PLATE = Stage("plate", plan)
