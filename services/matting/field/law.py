"""How much the model's alpha counts against the colours: one share in [0, 1] per pixel.

Two things decide. The variance of alpha that the colours leave at a place (see contrast): where it is small the colours
know better than any coarse model, where it is large they know nothing and the model must speak. And the model's own
confidence, which moves the point where the two weigh the same. The share is a logistic curve in the logarithm of the
variance. Its four numbers were fitted on one half of the products of `benchmarks/matting/chain.py`, as the blend with
the least squared error per variance and confidence, and are reported there on the other half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from services.matting.arrays import F32
from services.matting.field.cells import Cells

_REFERENCE = 0.7
_REACH = -1.2, 1.2  # powers of ten by which confidence may move the point at most


@dataclass(frozen=True)
class Law:
    """half: variance at which colours and a model of confidence 0.7 count the same. decades: by how many powers of ten
    that point falls as the confidence rises by one. steep: exponent of the curve. floor, top: the prior's weight in
    the normal equations per unknown pixel, at share 0 and 1 (a known pixel weighs 1)."""

    half: float = 0.01
    decades: float = 7.0
    steep: float = 1.75
    floor: float = 0.0005
    top: float = 0.3


# For a trimap alone, without any model's alpha.
UNTOLD = Law(half=math.inf, floor=0.0, top=0.0)


def strength(variance: F32, law: Law) -> F32:
    """float32 (n,): the variance of every cell on the scale of `thresholds`."""
    return np.asarray(variance**law.steep, np.float32)


def thresholds(law: Law) -> F32:
    """float32 (256,): the strength at which the share is one half, by confidence in 1 / 255."""
    confidence = np.arange(256) / 255
    exponent = np.clip(law.decades * (_REFERENCE - confidence), *_REACH)
    return np.asarray((law.half * 10**exponent) ** law.steep, np.float32)


def decided(cells: Cells, variance: F32, belief: F32, law: Law) -> F32:
    """float32 (h, w) as belief: the model's share in the alpha of the band, 0 to 1; elsewhere about 0.

    variance: float32 (n,) of the cells. belief: the model's confidence.
    """
    grid = np.zeros(cells.shape, np.float32)
    grid[cells.position[:, 0], cells.position[:, 1]] = strength(variance, law)
    here = cv2.resize(grid, belief.shape[::-1], interpolation=cv2.INTER_LINEAR)
    codes = np.clip(belief * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(here / (here + thresholds(law)[codes]), np.float32)


@njit(cache=True, nogil=True, inline="always")
def share(strength: float, confidence: float, table: F32) -> float:
    """The prior's share at a pixel."""
    code = min(255, max(0, int(confidence * 255 + 0.5)))
    return float(strength / (strength + table[code]))
