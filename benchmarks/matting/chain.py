"""The whole chain, coarse alpha -> trimap -> solver, on composites in five groups, against the coarse alpha itself.

    python -m benchmarks.matting.chain [--each 8] [--split report|pick|all] [--coarse degraded|model]

Composites are real cut-outs of ../shared/data in linear light over white paper, coloured paper, paper of the
product's own tone, blurred rooms, and people over paper; with shadow, noise and JPEG. `degraded` is the truth on a
1024 px grid, blurred, displaced, with small holes closed and thin parts worn, and a confidence that knows where it is
weak but not exactly. The law of the prior's weight was picked on the even products ("pick"); the table is of the odd.
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
from services.matting import trimap
from services.matting.field import solve
from tests.parts import composites

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
GROUPS = ("white", "coloured", "same_tone", "room", "people")
SIDE = 1600
GRID = 1024


@dataclass(frozen=True)
class Case:
    """One composite and its coarse alpha and confidence."""

    group: str
    name: str
    rgb: U8
    truth: F32
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


def cases(each: int, split: str) -> Iterator[Case]:
    """`each` composites of every group; deterministic by product name."""
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
            yield Case(group, name, scene.rgb, scene.alpha, *degraded(scene.alpha, rng))


def _room(path: object, rng: np.random.Generator) -> U8:
    picture = cv2.imread(str(path))
    assert picture is not None
    large = cv2.resize(picture[..., ::-1], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), rng.uniform(6, 20)), np.uint8)


def upsampled(alpha: F32, shape: tuple[int, int]) -> F32:
    """The coarse alpha at the photo's size: what one has without matting."""
    return np.clip(cv2.resize(alpha, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), 0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--split", choices=("pick", "report", "all"), default="report")
    options = parser.parse_args()
    rows: dict[str, list[tuple[float, float, float, float]]] = {group: [] for group in GROUPS}
    for case in cases(options.each, options.split):
        known = trimap.build(case.alpha, case.confidence, case.truth.shape)
        alpha, _ = solve(case.rgb, known.values, case.alpha, case.confidence)
        coarse = upsampled(case.alpha, case.truth.shape)
        rows[case.group].append(
            (
                scores.edge_accuracy(coarse, case.truth),
                scores.edge_accuracy(alpha, case.truth),
                scores.band_error(coarse, case.truth),
                scores.band_error(alpha, case.truth),
            )
        )
    print(f"{'group':12}{'n':>3}  edge accuracy           band error              ratio")
    for group, found in rows.items():
        a, b, c, d = np.mean(found, 0)
        print(f"{group:12}{len(found):>3}  {a:.3f} -> {b:.3f}          {c:.3f} -> {d:.3f}          {d / c:.2f}")


if __name__ == "__main__":
    main()
