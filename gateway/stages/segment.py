"""Segment: where the product is, at the profile's own grid."""

from __future__ import annotations

from gateway.records import convert
from selvage_api.segment.v1 import segment_service_pb2
from services.kit.errors import InvalidArgument

from .types import ImageRun, Result, Stage, Tools, Work, required


async def plan(run: ImageRun, tools: Tools) -> Work:
    described = await tools.services.describe_segment()
    profile = run.row["profile"] or described.default_profile
    known = [each.name for each in described.profiles]
    if profile not in known:
        raise InvalidArgument(field="profile", problem=f"{profile!r} is not one of {', '.join(known)}")

    async def work(prefix: str) -> Result:
        request = segment_service_pb2.SegmentRequest(
            photo=run.original, plate=run.output("plate", "plate"), profile=profile, output_prefix=prefix
        )
        answer = await tools.services.call("segment", tools.services.segment.Segment, request)
        outputs = required("segment", alpha=answer.alpha, confidence=answer.confidence)
        numbers = convert.to_json(answer.numbers)
        return Result(outputs, numbers | {"profile": answer.profile, "model_version": answer.model_version}, answer.use)

    inputs = {"photo": run.original.sha256, "plate": run.digest("plate", "plate")}
    return Work(described.fingerprint, {"profile": profile}, inputs, work)


SEGMENT = Stage("segment", plan)
