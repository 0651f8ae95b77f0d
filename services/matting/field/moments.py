"""The one pass over pixels that builds the normal equations of the affine field.

In every cell alpha = z . X with X = [r - B_r, g - B_g, b - B_b, 1]. Symmetric 4 x 4 blocks are packed as
00 01 02 03 11 12 13 22 23 33.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field import law, sampling


@njit(cache=True, nogil=True, inline="always")
def corner_values(values: F32, neighbours: I32, k: int, out: F32) -> None:
    """The values (n, c) of the 3 x 3 cells around cell k into out (3, 3, c); an absent cell repeats cell k."""
    for place in range(9):
        j = neighbours[k, place]
        if j < 0:
            j = k
        for c in range(values.shape[1]):
            out[place // 3, place % 3, c] = values[j, c]


@njit(cache=True, nogil=True, inline="always")
def middle_out(corners: F32, y: int, top: int, size: int, c: int, out: F32) -> None:
    """Channel c of the values on pixel row y of the cell, into out (3,): at the cell's middle, and the rise per cell
    left and right of it. At tx = (x - left + 0.5) / size - 0.5 the value is
    out[0] + out[1] * min(tx, 0) + out[2] * max(tx, 0)."""
    ty = np.float32((y - top + 0.5) / size - 0.5)
    row = 2 if ty >= 0 else 0
    share = abs(ty)
    before = corners[1, 0, c] + (corners[row, 0, c] - corners[1, 0, c]) * share
    here = corners[1, 1, c] + (corners[row, 1, c] - corners[1, 1, c]) * share
    after = corners[1, 2, c] + (corners[row, 2, c] - corners[1, 2, c]) * share
    out[0], out[1], out[2] = here, here - before, after - here


@njit(cache=True, nogil=True, inline="always")
def offsets(size: int, step: int) -> tuple[F32, F32]:
    """min(tx, 0) and max(tx, 0) of every `step`-th pixel of a cell's row, see middle_out."""
    tx = ((np.arange(0, size, step) + 0.5) / size - 0.5).astype(np.float32)
    return np.minimum(tx, np.float32(0)), np.maximum(tx, np.float32(0))


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _offset_light(rgb: U8, c: int, lut: F32, line: F32, before: F32, after: F32, at: int, out: F32) -> None:
    """Light of channel c of a row of pixels (n, 3), less the background there, into out from `at` on."""
    for i in range(len(rgb)):
        out[at + i] = lut[rgb[i, c]] - (line[0] + line[1] * before[i] + line[2] * after[i])


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _all_sums(x0: F32, x1: F32, x2: F32, count: int, out: F64) -> None:
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = np.float32(0)
    for i in range(count):
        u, v, w = x0[i], x1[i], x2[i]
        a0 += u * u
        a1 += u * v
        a2 += u * w
        a3 += u
        a4 += v * v
        a5 += v * w
        a6 += v
        a7 += w * w
        a8 += w
    out[0], out[1], out[2], out[3], out[4] = a0, a1, a2, a3, a4
    out[5], out[6], out[7], out[8], out[9] = a5, a6, a7, a8, count


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _weighted_sums(x0: F32, x1: F32, x2: F32, weight: F32, count: int, out: F64) -> None:
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = np.float32(0)
    for i in range(count):
        u, v, w, one = x0[i], x1[i], x2[i], weight[i]
        a0 += one * u * u
        a1 += one * u * v
        a2 += one * u * w
        a3 += one * u
        a4 += one * v * v
        a5 += one * v * w
        a6 += one * v
        a7 += one * w * w
        a8 += one * w
        a9 += one
    out[0], out[1], out[2], out[3], out[4] = a0, a1, a2, a3, a4
    out[5], out[6], out[7], out[8], out[9] = a5, a6, a7, a8, a9


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _target_sums(x0: F32, x1: F32, x2: F32, weight: F32, target: F32, count: int, out: F64) -> float:
    """Fills out (4,); returns the weighted sum of squared targets."""
    f0 = f1 = f2 = f3 = e = np.float32(0)
    for i in range(count):
        t = weight[i] * target[i]
        f0 += t * x0[i]
        f1 += t * x1[i]
        f2 += t * x2[i]
        f3 += t
        e += t * target[i]
    out[0], out[1], out[2], out[3] = f0, f1, f2, f3
    return float(e)


@njit(cache=True, nogil=True, fastmath=RELAXED)
def accumulate(  # noqa: PLR0915 - one cell after the other; a compiled call between loops costs more
    rgb: U8, lut: F32, trimap: U8, position: I32, neighbours: I32, background: F32, size: int, step: int,
    prior: F32, belief: F32, strength: F32, table: F32, floor: float, top_weight: float,
    every: F64, known: F64, right: F64, energy: F64,
) -> None:  # fmt: skip
    """Fills every (n, 10) over all pixels, known (n, 10) over known pixels plus the weighted prior, right (n, 4).

    step: takes one pixel in step x step for all of them.
    prior, belief: coarse alpha and its confidence, float32 (h, w) of any size. strength (n,), table (256,), floor and
    top_weight: the prior's weight per unknown pixel, see law. energy (n,): the weighted sum of squared targets, so that
    z'known z - 2 z.right + energy is the weighted squared residual.

    A cell's pixels are laid out in single precision first, so that each of the sums is one loop over short arrays.
    """
    height, width = trimap.shape
    tops, rises = sampling.steps(prior.shape[0], height)
    lefts, shares = sampling.steps(prior.shape[1], width)
    before, after = offsets(size, step)
    corners, line = np.empty((3, 3, 3), np.float32), np.empty(3, np.float32)
    x0, x1, x2, weight, target = np.empty((5, size * size), np.float32)
    told = np.empty((2, int(size * prior.shape[1] / width) + 4), np.float32)
    one, faint, least = np.float32(1), np.float32(1e-3) * table.min(), np.float32(floor)
    span = np.float32(top_weight - floor)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        end = min(width, left + size)
        first = lefts[left]
        corner_values(background, neighbours, k, corners)
        count = lowest = highest = 0
        for y in range(top, min(height, top + size), step):
            pixels, values = rgb[y, left:end:step], trimap[y, left:end:step]
            middle_out(corners, y, top, size, 0, line)
            _offset_light(pixels, 0, lut, line, before, after, count, x0)
            middle_out(corners, y, top, size, 1, line)
            _offset_light(pixels, 1, lut, line, before, after, count, x1)
            middle_out(corners, y, top, size, 2, line)
            _offset_light(pixels, 2, lut, line, before, after, count, x2)
            backs = fronts = 0
            for i in range(len(values)):
                backs += values[i] == 0
                fronts += values[i] == 255
                weight[count + i] = one
                target[count + i] = values[i] == 255
            lowest += backs
            highest += fronts
            if backs + fronts < len(values):
                sampling.across(prior, tops[y], rises[y], first, lefts[end - 1], told[0])
                sampling.across(belief, tops[y], rises[y], first, lefts[end - 1], told[1])
                for i in range(len(values)):
                    if values[i] in (0, 255):
                        continue
                    at, share = lefts[left + step * i] - first, shares[left + step * i]
                    target[count + i] = told[0, at] + (told[0, at + 1] - told[0, at]) * share
                    weight[count + i] = least
                    if strength[k] > faint:
                        sure = told[1, at] + (told[1, at + 1] - told[1, at]) * share
                        weight[count + i] += span * np.float32(law.share(strength[k], sure, table))
            count += len(values)
        _all_sums(x0, x1, x2, count, every[k])
        if count in (lowest, highest):
            known[k] = every[k]
        else:
            _weighted_sums(x0, x1, x2, weight, count, known[k])
        if lowest == count:
            right[k] = 0
            energy[k] = 0
        else:
            energy[k] = _target_sums(x0, x1, x2, weight, target, count, right[k])
        if step > 1:
            every[k] *= step * step
            known[k] *= step * step
            right[k] *= step * step
            energy[k] *= step * step
