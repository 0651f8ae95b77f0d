"""One table, one run: our profiles and IS-Net on the same pictures, model alone and whole chain.

    python -m benchmarks.segment.peers [--limit 4] [--groups white room] [--small] [--out FILE] [--without-isnet]

The pictures are those of `python -m training evaluate`: validation cut-outs over five kinds of ground, phone photos as
taken, and empty papers. The chain is plate, profile, trimap, matting. IS-Net runs as any user's own model would. It
gives no confidence; its chain starts with one fitted on pictures of the half of the products that our own calibration
was fitted on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.segment.isnet import isnet
from services.kit.paper import estimate
from services.matting.pipeline import matte
from services.segment.calibrate import Calibration
from services.segment.geometry import grow
from services.segment.onnx import session
from services.segment.own import folder
from services.segment.own.confidence import score
from services.segment.own.segmenter import OwnSegmenter
from services.segment.port import Segmenter
from services.segment.profiles import build
from services.segment.settings import SegmentSettings
from training.calibrate import calibrate, for_fitting
from training.data import data_folder
from training.evaluate import OVERALL, Row, judge, summary
from training.judged import GROUPS, Judged, judged

COLUMNS = ("iou", "edge_accuracy", "edge_share_95", "mae", "band", "leakage", "cpu_seconds")
CPU = ("CPUExecutionProvider",)
FITTED_ON = ("white", "coloured", "same_tone", "people")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=int, default=4, help="products a group")
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--small", action="store_true", help="products that take a third of a larger picture")
    parser.add_argument("--without-isnet", action="store_true")
    parser.add_argument("--out", type=Path, help="also write all figures as JSON")
    options = parser.parse_args()
    table = build(SegmentSettings()).table
    segmenters: dict[str, Segmenter] = {name: table[name].segmenter for name in ("fused", "model", "paper")}
    photos = data_folder()
    if not options.without_isnet:
        segmenters["IS-Net"] = _peer(photos)
    alone: dict[str, list[Row]] = {name: [] for name in segmenters}
    chain: dict[str, list[Row]] = {name: [] for name in segmenters}
    for picture in judged(photos, groups=tuple(options.groups), limit=options.limit, small=options.small):
        for name, rows in _both(segmenters, picture):
            alone[name].append(rows[0])
            chain[name].append(rows[1])
        print(picture.group, picture.name, flush=True)
    figures = {f"{name}, {what}": summary(mine) for what, rows in (("alone", alone), ("chain", chain))
               for name, mine in rows.items()}  # fmt: skip
    print(text(figures))
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _both(segmenters: dict[str, Segmenter], picture: Judged) -> Iterator[tuple[str, tuple[Row, Row]]]:
    started = time.process_time()
    plate = estimate(picture.rgb)
    surveyed = time.process_time() - started
    for name, segmenter in segmenters.items():
        started = time.process_time()
        found = segmenter.segment(picture.rgb, plate)
        middle = time.process_time()
        result = matte(picture.rgb, found.alpha, found.confidence, plate)
        ended = time.process_time()
        alpha, confidence = (grow(plane, *picture.truth.shape) for plane in (found.alpha, found.confidence))
        needs = surveyed if name in ("paper", "fused") else 0.0
        bare = judge(picture, alpha, confidence, middle - started + needs, found.review_risk)
        said = np.asarray(result.confidence / np.float32(255), np.float32)
        yield name, (bare, judge(picture, result.alpha, said, ended - started + surveyed, found.review_risk))


def _peer(photos: Path) -> OwnSegmenter:
    """IS-Net with its confidence fitted on one picture a group of the products that calibrations are fitted on."""
    model = folder.inspect(isnet())
    flat = Calibration(((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.0)))
    bare = OwnSegmenter(model.spec, session(model.file, model.spec.name, 1, CPU), flat)
    chosen = [next(one for one in judged(photos, groups=(group,)) if for_fitting(one.product)) for group in FITTED_ON]

    def answer(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        alpha = grow(bare.alpha(rgb), *rgb.shape[:2])
        return alpha, score(alpha)

    fitted = Calibration.from_json(calibrate(answer, chosen))
    return OwnSegmenter(model.spec, session(model.file, model.spec.name, 1, CPU), fitted)


def text(figures: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Markdown: one row a group and profile, 95 % bootstrap intervals by product behind the edge accuracy."""
    lines = ["| group | profile | n | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 3) + "|"]
    groups = dict.fromkeys(group for mine in figures.values() for group in mine if group not in OVERALL)
    for group in groups:
        for name, mine in figures.items():
            row = mine[group]
            cells = [f"{row[column]:.4f}" if column in row else "-" for column in COLUMNS]
            if "edge_accuracy_95" in row:
                low, high = row["edge_accuracy_95"]
                cells[1] += f" [{low:.3f}, {high:.3f}]"
            lines.append(f"| {group} | {name} | {row['pictures']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
