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

from services.matting.arrays import F32, I32
from services.matting.field.cells import Cells
from services.matting.field.sampling import bilinear

_REFERENCE = 0.7
_DOUBT = 6  # power of the doubt in `untold`
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


def untold(cells: Cells, belief: F32, shape: tuple[int, int]) -> F32:
    """float32 (n,): how far the model told nothing at the cells of a photo of `shape`, 1 where its confidence is 0.

    It falls steeply: what local colours tell is more than nothing, and less than any model that knows the product.
    """
    told = np.empty(len(cells), np.float32)
    _at_centres(
        belief, cells.position, cells.size * belief.shape[0] / shape[0], cells.size * belief.shape[1] / shape[1], told
    )
    return np.asarray((1 - np.clip(told, 0, 1)) ** _DOUBT, np.float32)


@njit(cache=True, nogil=True)
def _at_centres(belief: F32, position: I32, scale_y: float, scale_x: float, out: F32) -> None:
    for k in range(len(position)):
        out[k] = bilinear(belief, position[k, 0], position[k, 1], scale_y, scale_x)


@njit(cache=True, nogil=True, inline="always")
def share(strength: float, confidence: float, table: F32) -> float:
    """The prior's share at a pixel."""
    code = min(255, max(0, int(confidence * 255 + 0.5)))
    return float(strength / (strength + table[code]))
