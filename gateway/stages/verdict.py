"""The gate as a stage: from the numbers of the matte to confidence and reasons."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from gateway import gate
from gateway.records import convert
from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2
from services.kit.boxes import Box
from services.kit.fingerprint import fingerprint

from .types import ImageRun, Result, Stage, Tools, Work

VERSION = fingerprint("gateway.gate")


async def plan(run: ImageRun, tools: Tools) -> Work:
    settings = {
        "limits": _in_words(tools.limits),
        "numbers": run.results["matting"].numbers,
        "review_risk": _risk(run),
        "category": run.row["category"],
    }

    async def work(_prefix: str) -> Result:
        return Result(numbers=to_numbers(gate.judge(evidence_of(run), tools.limits)))

    return Work(VERSION, settings, {}, work)


@functools.cache
def _in_words(limits: gate.GateLimits) -> str:
    """The same in every process: sets have an order of their own in each."""
    return f"{replace(limits, crop_categories=frozenset())} {sorted(limits.crop_categories)}"


def evidence_of(run: ImageRun) -> gate.Evidence:
    numbers = convert.from_json(run.results["matting"].numbers, matting_service_pb2.MatteNumbers())
    touch = (*numbers.frame_touch, 0.0, 0.0, 0.0, 0.0)[:4]
    return gate.Evidence(
        status=numbers.status or "ok",
        foreground_share=numbers.foreground_share,
        unknown_share=numbers.unknown_share,
        band_confidence=numbers.band_confidence,
        doubtful_share=numbers.doubtful_share,
        subjects=numbers.subjects,
        frame_touch=(touch[0], touch[1], touch[2], touch[3]),
        edge_contrast=numbers.edge_contrast,
        pixels=numbers.width * numbers.height,
        uncertain_holes=tuple(map(_box, numbers.uncertain_holes)),
        doubtful_boxes=tuple(map(_box, numbers.doubtful_boxes)),
        category=run.row["category"],
        review_risk=_risk(run),
    )


def _risk(run: ImageRun) -> float:
    """0 from a profile whose model does not tell."""
    return float(run.results["segment"].numbers.get("review_risk", 0.0))


def to_numbers(verdict: gate.Verdict) -> dict[str, Any]:
    doubts = [asdict(doubt) | {"boxes": [asdict(box) for box in doubt.boxes]} for doubt in verdict.doubts]
    return {"confidence": verdict.confidence, "approved": verdict.approved, "doubts": doubts}


def from_numbers(numbers: Mapping[str, Any]) -> gate.Verdict:
    doubts = tuple(
        gate.Doubt(doubt["code"], doubt["detail"], doubt["risk"], tuple(Box(**box) for box in doubt["boxes"]))
        for doubt in numbers["doubts"]
    )
    return gate.Verdict(numbers["confidence"], numbers["approved"], doubts)


def reason_messages(verdict: gate.Verdict) -> list[images_pb2.Reason]:
    return [
        images_pb2.Reason(
            code=doubt.code, detail=doubt.detail, boxes=[images_pb2.Box(**asdict(box)) for box in doubt.boxes]
        )
        for doubt in verdict.reasons
    ]


def _box(box: images_pb2.Box) -> Box:
    return Box(box.left, box.top, box.width, box.height)


GATE = Stage("gate", plan, at_hand=True)
