"""PyMatting's solvers as named alternatives, for comparison and for users who know them.

They build a sparse matrix over every pixel, so they run on tiles of at most 2 megapixels with overlap, blended by
ramps. Light is linear: measured, that matters more than the choice among them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.matting.arrays import F32, LINEAR, U8
from services.matting.errors import SolverNeedsMemory, UnknownSolver

PREFIX = "pymatting-"
# Measured peak memory, MiB per megapixel of a tile, PyMatting 1.1.16.
MIB_PER_MEGAPIXEL = {"cf": 490, "sm": 120, "rw": 510, "lkm": 400, "lbdm": 2460, "knn": 3140}
NAMES = tuple(PREFIX + name for name in MIB_PER_MEGAPIXEL)
_LARGEST, _SMALLEST = 2.0, 0.1
_OVERLAP = 64


@dataclass(frozen=True)
class _Tile:
    top: int
    bottom: int
    left: int
    right: int


def tile_megapixels(name: str, allowed_mib: int) -> float:
    """How large a tile of this solver may be. Raises UnknownSolver, and SolverNeedsMemory below a useful size."""
    if name not in NAMES:
        raise UnknownSolver(solver=name, known=", ".join(("field", *NAMES)))
    need = MIB_PER_MEGAPIXEL[name.removeprefix(PREFIX)]
    if need * _SMALLEST > allowed_mib:
        raise SolverNeedsMemory(solver=name, needed=round(need * _SMALLEST), allowed=allowed_mib)
    return min(_LARGEST, allowed_mib / need)


def solve(
    rgb: U8,
    trimap: U8,
    prior: F32,
    name: str,
    allowed_mib: int = 2048,
    lut: F32 = LINEAR,
    go_on: Callable[[], None] = lambda: None,
) -> F32:
    """Alpha float32 (H, W), exactly 0 and 1 at known pixels.

    rgb, trimap: uint8 (H, W, 3) and (H, W). prior: the model's alpha, float32 (h, w); it stands where a tile holds no
    seed of one side, because these solvers cannot run there. lut: uint8 code to light, float32 (256,).
    go_on: called before each tile; it raises to stop the work.
    """
    side = int((tile_megapixels(name, allowed_mib) * 1e6) ** 0.5)
    # Importing it compiles for a minute when nothing is cached; who does not ask for it shall not wait.
    estimate = getattr(importlib.import_module("pymatting"), f"estimate_alpha_{name.removeprefix(PREFIX)}")
    height, width = trimap.shape
    alpha: F32 = (trimap == 255).astype(np.float32)
    total = np.zeros((height, width), np.float32)
    weight = np.zeros((height, width), np.float32)
    for tile in _tiles(trimap, side):
        place = np.s_[tile.top : tile.bottom, tile.left : tile.right]
        go_on()
        known = trimap[place]
        if not ((known == 0).any() and (known == 255).any()):
            continue
        codes = np.where(known == 128, 0.5, known / 255.0)
        found = estimate(lut[rgb[place]].astype(np.float64), codes)
        ramp = _ramp(tile, height, width)
        total[place] += ramp * np.clip(found, 0, 1).astype(np.float32)
        weight[place] += ramp
    model = cv2.resize(prior, (width, height), interpolation=cv2.INTER_LINEAR)
    unknown = trimap == 128
    solved = unknown & (weight > 0)
    alpha[solved] = total[solved] / weight[solved]
    rest = unknown & (weight == 0)
    alpha[rest] = np.clip(model[rest], 0, 1)
    return alpha


def _tiles(trimap: U8, side: int) -> Iterator[_Tile]:
    """Overlapping tiles that hold unknown pixels."""
    height, width = trimap.shape
    for top, bottom in _spans(height, side):
        for left, right in _spans(width, side):
            if (trimap[top:bottom, left:right] == 128).any():
                yield _Tile(top, bottom, left, right)


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    if length <= side:
        return [(0, length)]
    count = -(-(length - _OVERLAP) // (side - _OVERLAP))
    starts = [round(n * (length - side) / (count - 1)) for n in range(count)]
    return [(start, start + side) for start in starts]


def _ramp(tile: _Tile, height: int, width: int) -> F32:
    """Weights that fall to nearly 0 at those sides of a tile where another one goes on."""

    def axis(start: int, stop: int, length: int) -> F32:
        place = np.arange(stop - start, dtype=np.float32) + 0.5
        before = place / _OVERLAP if start else np.ones_like(place)
        after = place[::-1] / _OVERLAP if stop < length else np.ones_like(place)
        return np.minimum(np.minimum(before, after), 1)

    return axis(tile.top, tile.bottom, height)[:, None] * axis(tile.left, tile.right, width)[None]
