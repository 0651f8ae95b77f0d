"""How much the colours tell at a place: distance of foreground and background against their own spread.

Measured in encoded sRGB, where sensor noise and visibility are about even over tones. The result is a variance of an
alpha read off the colours alone: small on a red dress before white paper, large on a white shirt before it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field import pyramid
from services.matting.field.cells import Cells

STEP = 2
_NOISE = 2.0 / 255
_FOREGROUND_SHARE = 0.25  # a product's own pattern is partly told from background by place, which a mean cannot know
SIDE = 10  # count, r, g, b, rr, rg, rb, gg, gb, bb


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _known_sums(rgb: U8, trimap: U8, position: I32, size: int, step: int, out: F32) -> None:
    """Adds into out (rows, columns, 20): the ten sums of known foreground, then those of known background (encoded)."""
    height, width = trimap.shape
    scale = np.float32(1 / 255)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        row = out[position[k, 0], position[k, 1]]
        for y in range(top, min(height, top + size), step):
            for x in range(left, min(width, left + size), step):
                value = trimap[y, x]
                if value > 0 and value < 255:
                    continue
                at = 0 if value == 255 else 10
                r, g, b = scale * rgb[y, x, 0], scale * rgb[y, x, 1], scale * rgb[y, x, 2]
                row[at] += 1
                row[at + 1] += r
                row[at + 2] += g
                row[at + 3] += b
                row[at + 4] += r * r
                row[at + 5] += r * g
                row[at + 6] += r * b
                row[at + 7] += g * g
                row[at + 8] += g * b
                row[at + 9] += b * b


@njit(cache=True, nogil=True, fastmath=RELAXED)
def gather(sums: F32, level: int, position: I32, at: int, enough: float, last: bool, out: F64, trust: F64) -> None:
    """Blends mean (3) and covariance (6) into out (n, 9), from 3 x 3 cells of this level, until trust is 1."""
    rows, columns, _ = sums.shape
    acc = np.empty(SIDE)
    for k in range(len(position)):
        if trust[k] >= 1:
            continue
        cy, cx = position[k, 0] >> level, position[k, 1] >> level
        acc[:] = 0
        for y in range(max(0, cy - 1), min(rows, cy + 2)):
            for x in range(max(0, cx - 1), min(columns, cx + 2)):
                weight = (2.0 if y == cy else 1.0) * (2.0 if x == cx else 1.0)
                for c in range(SIDE):
                    acc[c] += weight * sums[y, x, at + c]
        if acc[0] <= 1e-6:
            continue
        weight = (1 - trust[k]) * (1.0 if last else min(1.0, acc[0] / enough))
        place = 3
        for i in range(3):
            mean = acc[1 + i] / acc[0]
            out[k, i] += weight * mean
            for j in range(i, 3):
                out[k, place] += weight * (acc[1 + place] / acc[0] - mean * acc[1 + j] / acc[0])
                place += 1
        trust[k] += weight


def gathered(sums: F32, enough: float, cells: Cells) -> list[tuple[F64, F64]]:
    """For each side of sums (rows, columns, 10 a side): moments, mean (3) and covariance (6) by cell, float64 (n, 9),
    summed to a trust (n,), from near cells first until `enough` pixels are found."""
    count = len(cells)
    sides = [(at, np.zeros((count, 9)), np.zeros(count)) for at in range(0, sums.shape[2], SIDE)]
    level = 0
    while True:
        last = pyramid.is_last(sums, level, 1)
        for at, out, trust in sides:
            gather(sums, level, cells.position, at, enough, last, out, trust)
        if last or all(count and trust.min() >= 1 for _, _, trust in sides):
            return [(out, trust) for _, out, trust in sides]
        sums, level = pyramid.pooled(sums), level + 1


def measure(rgb: U8, trimap: U8, near: Cells, cells: Cells) -> F32:
    """The variance of alpha that the colours leave, float32 (n,) per active cell, at most 100.

    The variance is that of the best linear reading (Fisher's discriminant) given the local covariances; 100 where one
    side is unknown everywhere.
    """
    sums = np.zeros((*cells.shape, 2 * SIDE), np.float32)
    _known_sums(rgb, trimap, near.position, cells.size, STEP, sums)
    front, back = gathered(sums, (cells.size / STEP) ** 2 * 2, cells)
    return told(*front, *back)


def told(front: F64, front_trust: F64, back: F64, back_trust: F64) -> F32:
    """The variance float32 (n,) from mean and covariance (n, 9) of both sides, each summed to a trust (n,)."""
    known = (front_trust > 1e-6) & (back_trust > 1e-6)
    front = front / np.where(known, front_trust, 1)[:, None]
    back = back / np.where(known, back_trust, 1)[:, None]
    apart = np.where(known[:, None], front[:, :3] - back[:, :3], 0.0)
    form = _mahalanobis(back[:, 3:] + _FOREGROUND_SHARE * front[:, 3:], apart)
    return np.where(known, 1 / np.maximum(form, 0.01), 100.0).astype(np.float32)


def _mahalanobis(packed: F64, d: F64) -> F64:
    """d . (S + noise)^-1 d for packed symmetric 3 x 3 matrices (n, 6) and vectors (n, 3)."""
    a, b, c, e, f, i = np.maximum(packed.T, [[0], [-9], [-9], [0], [-9], [0]])
    a, e, i = a + _NOISE**2, e + _NOISE**2, i + _NOISE**2
    aa, ab, ac = e * i - f * f, c * f - b * i, b * f - c * e
    ee, ef, ii = a * i - c * c, b * c - a * f, a * e - b * b
    determinant = a * aa + b * ab + c * ac
    x, y, z = d.T
    form = aa * x * x + ee * y * y + ii * z * z + 2 * (ab * x * y + ac * x * z + ef * y * z)
    return np.asarray(form / np.maximum(determinant, _NOISE**6), np.float64)
