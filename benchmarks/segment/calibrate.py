"""Fits what the profiles' confidence means, on composites of the train split and phone photos of the train split.

    python -m benchmarks.segment.calibrate [--scenes 6]

Run it after replacing the file of a model. Writes the manifest's digest, its answer to the self-test's probe and its
calibration, then services/segment/calibration.json: the fused score is made of calibrated confidences.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.segment.scenes import Scene, papers, phones
from services.kit.paper import estimate
from services.segment import calibrate, fused, paper
from services.segment.geometry import grow
from services.segment.learned import LearnedSegmenter
from services.segment.models import DEFAULT, find, read
from services.segment.onnx import OnnxRunner
from services.segment.port import Segmentation

TUNED = Path(paper.__file__).with_name("calibration.json")
GROUNDS = ("white", "grey", "coloured", "same_tone", "black", "room")
KEPT = 40_000  # pixels kept of each photo and region
Table = dict[str, Sequence[Sequence[float]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=6, help="products per ground")
    parser.add_argument("--keep-model", action="store_true", help="leave the manifest as its training wrote it")
    options = parser.parse_args()
    scenes = list(_scenes(options.scenes))
    plates = [estimate(rgb) for rgb, _, _ in scenes]

    folder = find(DEFAULT)
    card = read_card(folder) if options.keep_model else _refresh(folder)
    manifest = replace(read(folder), calibration=calibrate.IDENTITY)
    model = LearnedSegmenter("model", OnnxRunner(manifest), manifest)
    raw_model = [model.segment(rgb, None) for rgb, _, _ in scenes]
    if not options.keep_model:
        card["calibration"] = _fit(scenes, raw_model)
        _write(folder / "model.json", card)

    segmenter = paper.PaperSegmenter(calibrate.IDENTITY)
    usable = [number for number, plate in enumerate(plates) if plate.usable]
    on_paper = [scenes[number] for number in usable]
    raw_paper = [segmenter.segment(scenes[number][0], plates[number]) for number in usable]
    paper_table = _fit(on_paper, raw_paper)

    learned = [_calibrated(raw_model[number], card["calibration"]) for number in usable]
    seen = [_calibrated(raw, paper_table) for raw in raw_paper]
    both = [
        fused.fuse(scenes[number][0], plates[number], *pair)
        for number, pair in zip(usable, zip(learned, seen, strict=True), strict=True)
    ]
    table = {"paper": paper_table, "fused": _fit(on_paper, both)}
    _write(TUNED, table)


def read_card(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return card


def _refresh(folder: Path) -> dict[str, Any]:
    """The manifest with the digest of the file that lies there, and its answer to the probe."""
    card = read_card(folder)
    card["sha256"] = hashlib.sha256((folder / card["file"]).read_bytes()).hexdigest()
    _write(folder / "model.json", card)
    maps = OnnxRunner(read(folder)).run(probe(64))[0]
    card["probe"] = {"alpha": round(float(maps[..., 0].mean()), 2), "confidence": round(float(maps[..., 1].mean()), 2)}
    _write(folder / "model.json", card)
    return card


def probe(side: int) -> NDArray[np.uint8]:
    """The picture of the Triton twin's self-test: a dark square on a light ground."""
    pixels = np.full((1, side, side, 3), 235, np.uint8)
    pixels[:, side // 4 : -side // 4, side // 4 : -side // 4] = (40, 60, 120)
    return pixels


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _scenes(count: int) -> list[Scene]:
    made = [scene for ground in GROUNDS for scene in papers("train", ground, count, seed=2)]
    made += papers("train", "white", count, seed=3, source="magento")
    made += papers("train", "room", count, seed=3, source="magento")
    return made + list(phones("train"))[: 3 * count]


def _calibrated(raw: Segmentation, table: Table) -> Segmentation:
    return Segmentation(raw.alpha, calibrate.Calibration.from_json(table).apply(raw.confidence, raw.alpha))


def _fit(scenes: list[Scene], raw: list[Segmentation]) -> Table:
    """Both maps from uncalibrated answers; every photo weighs the same."""
    rng = np.random.default_rng(0)
    edge: list[tuple[NDArray[np.float32], NDArray[np.bool_]]] = []
    inside: list[tuple[NDArray[np.float32], NDArray[np.bool_]]] = []
    for (_, truth, _), answer in zip(scenes, raw, strict=True):
        right = np.abs(answer.alpha - grow(truth, *answer.alpha.shape)) <= calibrate.TOLERANCE
        band = calibrate.edge_band(answer.alpha)
        for region, kept in ((band, edge), (~band, inside)):
            chosen = np.flatnonzero(region)
            if len(chosen):
                chosen = rng.choice(chosen, KEPT)
                kept.append((answer.confidence.ravel()[chosen], right.ravel()[chosen]))
    joined = [[np.concatenate(parts) for parts in zip(*kept, strict=True)] for kept in (edge, inside)]
    return {name: [*calibrate.fit(*pair)] for name, pair in zip(("edge", "inside"), joined, strict=True)}


if __name__ == "__main__":
    main()
