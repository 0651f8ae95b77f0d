"""The profiles side by side on scenes they were not fitted to.

    python -m benchmarks.segment.profiles [--scenes 5] [--out FILE]

Per set: mean alpha error, IoU at one half, mean alpha over true shadow, edge-band calibration error.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.segment.scenes import Scene, papers, phones
from services.kit.paper import estimate
from services.segment.calibrate import TOLERANCE, calibration_error, edge_band
from services.segment.geometry import grow
from services.segment.port import Segmentation
from services.segment.profiles import build
from services.segment.settings import SegmentSettings

GROUNDS = ("white", "grey", "coloured", "same_tone", "black", "room")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=5, help="products per set")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = build(SegmentSettings()).table
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for name, scenes in _sets(options.scenes).items():
        plates = [estimate(rgb) for rgb, _, _ in scenes]
        figures[name] = {"plates": {"usable": float(np.mean([plate.usable for plate in plates]))}}
        for profile, row in table.items():
            answers = [row.segmenter.segment(rgb, plate) for (rgb, _, _), plate in zip(scenes, plates, strict=True)]
            figures[name][profile] = _judge(scenes, answers)
        print(name, json.dumps(figures[name]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _sets(count: int) -> dict[str, list[Scene]]:
    sets = {f"products on {ground}": list(papers("val", ground, count, seed=9)) for ground in GROUNDS}
    for ground in ("white", "coloured", "room"):
        sets[f"people on {ground}"] = list(papers("val", ground, count, seed=9, source="magento"))
    sets["phone photos"] = list(phones("test"))[: 3 * count]
    return sets


def _judge(scenes: list[Scene], answers: list[Segmentation]) -> dict[str, float]:
    errors, overlaps, leaks = [], [], []
    said: list[NDArray[np.float32]] = []
    right: list[NDArray[np.bool_]] = []
    for (_, truth, shadow), answer in zip(scenes, answers, strict=True):
        alpha = grow(answer.alpha, *truth.shape)
        confidence = grow(answer.confidence, *truth.shape)
        errors.append(np.abs(alpha - truth).mean())
        joined = ((alpha > 0.5) | (truth > 0.5)).sum()
        overlaps.append(((alpha > 0.5) & (truth > 0.5)).sum() / max(1, joined))
        shaded = (shadow > 0.05) & (truth < 0.01)
        if shaded.any():
            leaks.append(alpha[shaded].mean())
        band = edge_band(alpha)
        said.append(confidence[band])
        right.append(np.abs(alpha - truth)[band] <= TOLERANCE)
    return {
        "mae": round(float(np.mean(errors)), 4),
        "iou": round(float(np.mean(overlaps)), 4),
        "leak": round(float(np.mean(leaks)), 4) if leaks else 0.0,
        "edge_ece": round(calibration_error(np.concatenate(said), np.concatenate(right)), 4),
        "edge_confidence": round(float(np.concatenate(said).mean()), 4),
    }


if __name__ == "__main__":
    main()
