"""What the quality gate approves, against what a reviewer would touch.

    python -m benchmarks.gate [--scenes 10] [--groups white,people] [--half report|pick|all] [--rows FILE]

The whole chain runs on photos with known truth: paper estimate, the fused profile of services/segment, matting, gate.
`touched.py` says from the truth whether a reviewer would touch the result, `scenes.py` what the photos are. The ramps
of `gateway/gate.py` were set on the products of the half "pick"; the table is of the other half unless told otherwise.
--rows keeps the measured numbers: with an existing FILE only the verdicts are computed, so that ramps can be tried.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gate.scenes import GROUPS, STUDIO, Scene, scenes
from benchmarks.gate.touched import Faults, faults
from gateway import gate
from services.kit import paper
from services.kit.boxes import Box
from services.matting.pipeline import matte
from services.segment.port import Segmenter
from services.segment.profiles import build
from services.segment.settings import SegmentSettings


@dataclass(frozen=True)
class Row:
    """One photo: what was measured, and what is wrong with it."""

    group: str
    name: str
    half: str
    evidence: gate.Evidence
    faults: Faults


def measure(scene: Scene, segmenter: Segmenter) -> Row:
    plate = paper.estimate(scene.rgb)
    found = segmenter.segment(scene.rgb, plate)
    result = matte(scene.rgb, found.alpha, found.confidence, plate)
    wrong = faults(result.alpha, scene.truth, scene.shade, within=scene.within)
    told = evidence(asdict(result.numbers) | {"review_risk": found.review_risk or 0.0})
    return Row(scene.group, scene.name, scene.half, told, wrong)


def evidence(numbers: dict[str, Any]) -> gate.Evidence:
    """As gateway/stages/verdict.py makes it; numbers: the fields of MatteNumbers, and review_risk."""
    known = {key: numbers[key] for key in gate.Evidence.__dataclass_fields__ if key in numbers}
    boxes = {key: tuple(Box(**box) for box in numbers[key]) for key in ("uncertain_holes", "doubtful_boxes")}
    pixels = numbers["pixels"] if "pixels" in numbers else numbers["width"] * numbers["height"]
    return gate.Evidence(**{**known, **boxes, "pixels": pixels, "frame_touch": tuple(numbers["frame_touch"])})


def auroc(sound: Sequence[float], faulty: Sequence[float]) -> float:
    """P(a faultless result is given more confidence than a faulty one); ties count half."""
    if not sound or not faulty:
        return float("nan")
    apart = np.subtract.outer(np.asarray(sound), np.asarray(faulty))
    return float((apart > 0).mean() + (apart == 0).mean() / 2)


def table(rows: Sequence[Row], limits: gate.GateLimits) -> str:
    lines = [
        "| group | photos | faultless | approved | approved, faulty | held, faultless | AUROC |",
        "|---|---|---|---|---|---|---|",
    ]
    parts = [(group, [row for row in rows if row.group == group]) for group in GROUPS]
    parts += [("studio: " + ", ".join(STUDIO), [row for row in rows if row.group in STUDIO]), ("all", list(rows))]
    for label, part in parts:
        if not part:
            continue
        verdicts = [gate.judge(row.evidence, limits) for row in part]
        pairs = list(zip(verdicts, (row.faults.touched for row in part), strict=True))
        approved = sum(verdict.approved for verdict, _ in pairs)
        faulty = sum(verdict.approved and touched for verdict, touched in pairs)
        held = sum(not verdict.approved and not touched for verdict, touched in pairs)
        sound = sum(not touched for _, touched in pairs)
        score = auroc([v.confidence for v, touched in pairs if not touched], [v.confidence for v, t in pairs if t])
        rework = f"{faulty} ({faulty / approved:.0%})" if approved else "0"
        lines.append(f"| {label} | {len(part)} | {sound} | {approved} | {rework} | {held} | {score:.2f} |")
    return "\n".join(lines)


def _load(path: Path) -> list[Row]:
    return [
        Row(row["group"], row["name"], row["half"], evidence(row["evidence"]), Faults(**row["faults"]))
        for row in json.loads(path.read_text())
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=10, help="photos of each group")
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--half", choices=("report", "pick", "all"), default="report")
    parser.add_argument("--rows", type=Path, help="JSON file of measured numbers, written when absent")
    options = parser.parse_args()
    if options.rows is not None and options.rows.exists():
        rows = _load(options.rows)
    else:
        profiles = build(SegmentSettings())
        segmenter = profiles.get("fused").segmenter
        rows = []
        for scene in scenes(options.scenes, options.groups.split(",")):
            if options.half in ("all", scene.half):
                rows.append(measure(scene, segmenter))
                print(f"\r{len(rows)} photos", end="", file=sys.stderr, flush=True)
        if options.rows is not None:
            options.rows.write_text(json.dumps([asdict(row) for row in rows]))
    chosen = [row for row in rows if options.half in ("all", row.half)]
    print(f"\nhalf: {options.half}; faultless as benchmarks/gate/touched.py defines it")
    print(table(chosen, gate.GateLimits()))


if __name__ == "__main__":
    main()
