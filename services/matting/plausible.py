"""Which colours the product has around a place: mean and covariance of what shows it alone, in encoded sRGB.

Near cells first, as everywhere. The distances it allows are in standard deviations (Mahalanobis).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field.cells import Cells
from services.matting.field.contrast import SIDE, gathered

_NOISE = 4.0 / 255  # sensor, JPEG, and what a mean over a few cells can not follow
_ALONE = 0.9
_ENOUGH = 4.0  # cells' worth of product that make a neighbourhood


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _product_sums(rgb: U8, alpha: F32, position: I32, size: int, out: F32) -> None:
    """Adds into out (rows, columns, 10): count, r, g, b, rr, rg, rb, gg, gb, bb where alpha is above _ALONE."""
    height, width = alpha.shape
    scale = np.float32(1 / 255)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        row = out[position[k, 0], position[k, 1]]
        for y in range(top, min(height, top + size)):
            for x in range(left, min(width, left + size)):
                if alpha[y, x] <= _ALONE:
                    continue
                r, g, b = scale * rgb[y, x, 0], scale * rgb[y, x, 1], scale * rgb[y, x, 2]
                row[0] += 1
                row[1] += r
                row[2] += g
                row[3] += b
                row[4] += r * r
                row[5] += r * g
                row[6] += r * b
                row[7] += g * g
                row[8] += g * b
                row[9] += b * b


def survey(rgb: U8, alpha: F32, cells: Cells) -> F32:
    """Mean (3) and inverse covariance (packed 6) of the product's colours by cell, float32 (n, 9), codes over 255.

    Without any product the inverse is 0: every colour is plausible.
    """
    sums = np.zeros((*cells.shape, SIDE), np.float32)
    _product_sums(rgb, alpha, cells.position, cells.size, sums)
    ((moments, trust),) = gathered(sums, _ENOUGH * cells.size**2, cells)
    found = trust > 1e-6
    moments /= np.where(found, trust, 1)[:, None]
    inverse = np.where(found[:, None], _inverse(moments[:, 3:]), 0)
    return np.concatenate([moments[:, :3], inverse], 1).astype(np.float32)


def _inverse(packed: F64) -> F64:
    a, b, c, e, f, i = np.maximum(packed.T, [[0], [-9], [-9], [0], [-9], [0]])
    a, e, i = a + _NOISE**2, e + _NOISE**2, i + _NOISE**2
    rows = np.stack([e * i - f * f, c * f - b * i, b * f - c * e, a * i - c * c, b * c - a * f, a * e - b * b], 1)
    determinant = np.maximum(a * rows[:, 0] + b * rows[:, 1] + c * rows[:, 2], _NOISE**6)
    return np.asarray(rows / determinant[:, None], np.float64)
