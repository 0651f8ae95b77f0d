"""Matting: alpha at full resolution and clean foreground colours."""

from __future__ import annotations

from gateway.records import convert
from selvage_api.matting.v1 import matting_service_pb2

from .types import ImageRun, Result, Stage, Tools, Work, required


async def plan(run: ImageRun, tools: Tools) -> Work:
    described = await tools.services.describe_matting()
    solver = (run.row["tier"] == "hero" and tools.hero_solver) or described.default_solver

    async def work(prefix: str) -> Result:
        request = matting_service_pb2.MatteRequest(
            photo=run.original,
            alpha=run.output("segment", "alpha"),
            confidence=run.output("segment", "confidence"),
            plate=run.output("plate", "plate"),
            output_prefix=prefix,
            options=matting_service_pb2.MatteOptions(solver=solver),
        )
        answer = await tools.services.call("matting", tools.services.matting.Matte, request)
        outputs = required(
            "matting", alpha=answer.alpha, confidence=answer.confidence, trimap=answer.trimap, cutout=answer.cutout
        )
        if answer.shadow.key:
            outputs |= required("matting", shadow=answer.shadow)
        return Result(outputs, convert.to_json(answer.numbers), answer.use)

    inputs = {
        "photo": run.original.sha256,
        "alpha": run.digest("segment", "alpha"),
        "confidence": run.digest("segment", "confidence"),
        "plate": run.digest("plate", "plate"),
    }
    return Work(described.fingerprint, {"solver": solver}, inputs, work)


MATTING = Stage("matting", plan)
