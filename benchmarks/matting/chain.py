"""The whole chain, coarse alpha -> trimap -> solver, on composites in five groups, against the coarse alpha itself.

    python -m benchmarks.matting.chain [--each 8] [--split report|pick|all] [--coarse degraded|model|fused|paper]
        [--solver field|fine|pymatting-...]

Composites are real cut-outs of ../shared/data in linear light over white paper, coloured paper, paper of the
product's own tone, blurred rooms, and people over paper; with shadow, noise and JPEG. `degraded` is the truth on a
1024 px grid, blurred, displaced, with small holes closed and thin parts worn, and a confidence that knows where it is
weak but not exactly. The others are profiles of services/segment; their model has seen the "train" products. The law of
the prior's weight and the confidence were fitted on the even products ("pick"), degraded; the table is of the odd.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.matting import scores
from services.kit import paper
from services.matting.by_name import FIELD, SOLVERS
from services.matting.pipeline import MatteOptions, matte
from services.segment.port import Segmenter
from services.segment.profiles import build
from services.segment.settings import SegmentSettings
from tests.parts import composites

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
GROUPS = ("white", "coloured", "same_tone", "room", "people")
SIDE = 1600
GRID = 1024


@dataclass(frozen=True)
class Case:
    """One composite, its plate, and its coarse alpha and confidence."""

    group: str
    name: str
    rgb: U8
    truth: F32
    plate: paper.Plate
    alpha: F32
    confidence: F32


def degraded(truth: F32, rng: np.random.Generator, grid: int = GRID) -> tuple[F32, F32]:
    """A coarse alpha as a segmentation network gives it, and a confidence honest on average; float32 (h, w)."""
    scale = grid / max(truth.shape)
    small = cv2.resize(truth, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    worn = small
    for operation in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        where = _cloud(small.shape, rng, 0.05) > 0.3
        worn = np.where(where, cv2.morphologyEx(worn, operation, kernel), worn)
    y, x = np.mgrid[: small.shape[0], : small.shape[1]].astype(np.float32)
    drift = 0.55 * _cloud(small.shape, rng, 0.04), 0.55 * _cloud(small.shape, rng, 0.04)
    moved = cv2.remap(worn, x + drift[0], y + drift[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.6, 1.3))
    alpha = np.clip(soft + 0.08 * _cloud(small.shape, rng, 0.03) * 4 * soft * (1 - soft), 0, 1)
    wrong = cv2.GaussianBlur((np.abs(alpha - small) > 0.1).astype(np.float32), (0, 0), 2.5)
    confidence = np.clip(1 - wrong + 0.1 * _cloud(small.shape, rng, 0.02) * np.sqrt(wrong), 0, 1)
    return alpha.astype(np.float32), confidence.astype(np.float32)


def _cloud(shape: tuple[int, ...], rng: np.random.Generator, size: float) -> F32:
    """Smooth noise of unit deviation; size is its grain as a share of the long side."""
    sigma = size * max(shape)
    coarse = rng.normal(0, 1, (int(shape[0] / sigma) + 3, int(shape[1] / sigma) + 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def cases(each: int, split: str, segmenter: Segmenter | None = None) -> Iterator[Case]:
    """`each` composites of every group; deterministic by product name. segmenter: None degrades the truth."""
    products = composites.load_cutouts("train") + composites.load_cutouts("val")
    people = composites.load_cutouts("train", "magento")
    rooms = sorted((composites.data_dir() / "clothing_unlabelled").glob("*.jpg"))
    for group in GROUPS:
        pool = people if group == "people" else products
        chosen = [pair for n, pair in enumerate(pool) if split == "all" or n % 2 == (split == "report")]
        for name, cutout in chosen[:: max(1, len(chosen) // each)][:each]:
            rng = np.random.default_rng(zlib.crc32(f"{group} {name}".encode()))
            ground: str | U8 = group
            if group == "room":
                ground = _room(rooms[int(rng.integers(len(rooms)))], rng)
            elif group == "people":
                ground = ("white", "grey", "coloured")[int(rng.integers(3))]
            scene = composites.composite(cutout, rng, ground=ground, size=(SIDE, SIDE), jpeg=92)
            plate = paper.estimate(scene.rgb)
            if segmenter is None:
                maps = degraded(scene.alpha, rng)
            else:
                found = segmenter.segment(scene.rgb, plate)
                maps = found.alpha, found.confidence
            yield Case(group, name, scene.rgb, scene.alpha, plate, *maps)


def _room(path: object, rng: np.random.Generator) -> U8:
    picture = cv2.imread(str(path))
    assert picture is not None
    large = cv2.resize(picture[..., ::-1], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), rng.uniform(6, 20)), np.uint8)


def upsampled(alpha: F32, shape: tuple[int, int]) -> F32:
    """The coarse alpha at the photo's size: what one has without matting."""
    large = cv2.resize(alpha, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(large, 0, 1), np.float32)


@dataclass
class Honesty:
    """Stated confidence against the share of pixels within 0.1 of the truth, over unknown pixels."""

    stated: NDArray[np.float64]
    count: NDArray[np.float64]
    right: NDArray[np.float64]

    def add(self, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> None:
        place = np.minimum((confidence * 10).astype(int), 9)
        self.stated += np.bincount(place, confidence, 10)
        self.count += np.bincount(place, minlength=10)
        self.right += np.bincount(place, right, 10)

    def error(self) -> float:
        """Expected calibration error, ten bins."""
        return float(np.abs(self.stated - self.right).sum() / max(self.count.sum(), 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--split", choices=("pick", "report", "all"), default="report")
    parser.add_argument("--coarse", choices=("degraded", "model", "fused", "paper"), default="degraded")
    parser.add_argument("--solver", choices=SOLVERS, default=FIELD)
    options = parser.parse_args()
    segmenter = None if options.coarse == "degraded" else build(SegmentSettings()).get(options.coarse).segmenter
    rows: dict[str, list[tuple[float, ...]]] = {group: [] for group in GROUPS}
    honesty = Honesty(*np.zeros((3, 10)))
    for case in cases(options.each, options.split, segmenter):
        result = matte(case.rgb, case.alpha, case.confidence, case.plate, MatteOptions(options.solver))
        alpha, coarse = result.alpha, upsampled(case.alpha, case.truth.shape)
        pair = (coarse, alpha)
        rows[case.group].append(
            (
                *(scores.edge_accuracy(a, case.truth) for a in pair),
                *(scores.band_error(a, case.truth) for a in pair),
                *(float(np.abs(a - case.truth).mean()) for a in pair),
            )
        )
        band = result.trimap == 128
        honesty.add(result.confidence[band] / 255.0, (np.abs(alpha - case.truth) <= 0.1)[band])
    print(
        f"solver: {options.solver}; coarse alpha: {options.coarse}; products: {options.split};"
        f" linear light; {SIDE} x {SIDE} px"
    )
    print("| group | n | edge accuracy | band error | ratio | mean error, whole photo |")
    print("|---|---|---|---|---|---|")
    for group, found in rows.items():
        a, b, c, d, e, f = np.mean(found, 0)
        line = f"{a:.3f} -> {b:.3f} | {c:.3f} -> {d:.3f} | {d / c:.2f} | {e:.4f} -> {f:.4f}"
        print(f"| {group} | {len(found)} | {line} |")
    print(f"calibration error of the band's confidence: {honesty.error():.3f}")


if __name__ == "__main__":
    main()
