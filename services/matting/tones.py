"""Whose colour a pixel has: histograms of known product and known background over the whole photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.matting.arrays import F32, F64, U8

_BINS = 32
_UNSEEN = 0.02  # of an even spread: a colour that neither side shows is nobody's


def share(rgb: U8, front: NDArray[np.bool_], back: NDArray[np.bool_]) -> F32:
    """Probability of product by colour alone, both sides equally likely beforehand; float32 (h, w).

    rgb: uint8 (h, w, 3). front, back: bool (h, w), where each is known; either may not be empty.
    """
    bins = (rgb >> 3).astype(np.int32)
    place = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]
    product, ground = _density(place[front]), _density(place[back])
    return np.asarray((product / (product + ground + _UNSEEN)).astype(np.float32)[place])


def _density(place: NDArray[np.int32]) -> F64:
    """Relative to an even spread, (32768,), smoothed by [1 2 1] / 4 along every axis."""
    count = np.bincount(place, minlength=_BINS**3).astype(np.float64).reshape((_BINS,) * 3)
    for axis in range(3):
        padded = np.pad(count, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
        low, middle, high = (np.take(padded, range(s, s + _BINS), axis) for s in range(3))
        count = (low + 2 * middle + high) / 4
    return np.asarray(count.ravel() * (_BINS**3 / max(len(place), 1)))
