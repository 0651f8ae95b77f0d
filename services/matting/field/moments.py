"""The one pass over pixels that builds the normal equations of the affine field.

In every cell alpha = z . X with X = [r - B_r, g - B_g, b - B_b, 1]. Symmetric 4 x 4 blocks are packed as
00 01 02 03 11 12 13 22 23 33.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field.law import share
from services.matting.field.sampling import bilinear


@njit(cache=True, nogil=True, inline="always")
def corner_values(values: F32, neighbours: I32, k: int, out: F32) -> None:
    """The values (n, c) of the 3 x 3 cells around cell k into out (3, 3, c); an absent cell repeats cell k."""
    for place in range(9):
        j = neighbours[k, place]
        if j < 0:
            j = k
        for c in range(values.shape[1]):
            out[place // 3, place % 3, c] = values[j, c]


@njit(cache=True, nogil=True, fastmath=RELAXED)
def accumulate(  # noqa: PLR0915 - ten sums by name stay in registers, an array of them does not
    rgb: U8, lut: F32, trimap: U8, position: I32, neighbours: I32, background: F32, size: int, step: int,
    prior: F32, belief: F32, strength: F32, table: F32, floor: float, top_weight: float,
    every: F64, known: F64, right: F64, energy: F64,
) -> None:  # fmt: skip
    """Fills every (n, 10) over all pixels, known (n, 10) over known pixels plus the weighted prior, right (n, 4).

    step: takes one pixel in step x step for all of them.
    prior, belief: coarse alpha and its confidence, float32 (h, w) of any size. strength (n,), table (256,), floor and
    top_weight: the prior's weight per unknown pixel, see law. energy (n,): the weighted sum of squared targets, so that
    z'known z - 2 z.right + energy is the weighted squared residual.
    """
    height, width = trimap.shape
    scale_y, scale_x = prior.shape[0] / height, prior.shape[1] / width
    corners = np.empty((3, 3, 3), np.float32)
    one = np.float32(1)
    faint = np.float32(1e-3) * table.min()
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        corner_values(background, neighbours, k, corners)
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = 0.0
        d0 = d1 = d2 = d3 = d4 = d5 = d6 = d7 = d8 = d9 = 0.0
        f0 = f1 = f2 = f3 = 0.0
        e0 = 0.0
        for y in range(top, min(height, top + size), step):
            ty = np.float32((y - top + 0.5) / size - 0.5)
            iy = 1 if ty >= 0 else 0
            wy = ty if ty >= 0 else one + ty
            l0 = corners[iy, 0, 0] + (corners[iy + 1, 0, 0] - corners[iy, 0, 0]) * wy
            l1 = corners[iy, 0, 1] + (corners[iy + 1, 0, 1] - corners[iy, 0, 1]) * wy
            l2 = corners[iy, 0, 2] + (corners[iy + 1, 0, 2] - corners[iy, 0, 2]) * wy
            m0 = corners[iy, 1, 0] + (corners[iy + 1, 1, 0] - corners[iy, 1, 0]) * wy
            m1 = corners[iy, 1, 1] + (corners[iy + 1, 1, 1] - corners[iy, 1, 1]) * wy
            m2 = corners[iy, 1, 2] + (corners[iy + 1, 1, 2] - corners[iy, 1, 2]) * wy
            r0 = corners[iy, 2, 0] + (corners[iy + 1, 2, 0] - corners[iy, 2, 0]) * wy
            r1 = corners[iy, 2, 1] + (corners[iy + 1, 2, 1] - corners[iy, 2, 1]) * wy
            r2 = corners[iy, 2, 2] + (corners[iy + 1, 2, 2] - corners[iy, 2, 2]) * wy
            for x in range(left, min(width, left + size), step):
                tx = np.float32((x - left + 0.5) / size - 0.5)
                if tx < 0:
                    b0, b1, b2 = m0 + (m0 - l0) * tx, m1 + (m1 - l1) * tx, m2 + (m2 - l2) * tx
                else:
                    b0, b1, b2 = m0 + (r0 - m0) * tx, m1 + (r1 - m1) * tx, m2 + (r2 - m2) * tx
                x0, x1, x2 = lut[rgb[y, x, 0]] - b0, lut[rgb[y, x, 1]] - b1, lut[rgb[y, x, 2]] - b2
                p00, p01, p02, p11, p12, p22 = x0 * x0, x0 * x1, x0 * x2, x1 * x1, x1 * x2, x2 * x2
                a0 += p00
                a1 += p01
                a2 += p02
                a3 += x0
                a4 += p11
                a5 += p12
                a6 += x1
                a7 += p22
                a8 += x2
                a9 += 1.0
                value = trimap[y, x]
                w: Any = one
                target: Any = one
                if value == 0:
                    target = np.float32(0)
                elif value < 255:
                    told = 0.0
                    if strength[k] > faint:
                        told = share(strength[k], bilinear(belief, y, x, scale_y, scale_x), table)
                    w = np.float32(floor + (top_weight - floor) * told)
                    target = np.float32(bilinear(prior, y, x, scale_y, scale_x))
                d0 += w * p00
                d1 += w * p01
                d2 += w * p02
                d3 += w * x0
                d4 += w * p11
                d5 += w * p12
                d6 += w * x1
                d7 += w * p22
                d8 += w * x2
                d9 += w
                t = w * target
                f0 += t * x0
                f1 += t * x1
                f2 += t * x2
                f3 += t
                e0 += t * target
        scale = step * step
        every[k, 0], every[k, 1], every[k, 2], every[k, 3], every[k, 4] = a0, a1, a2, a3, a4
        every[k, 5], every[k, 6], every[k, 7], every[k, 8], every[k, 9] = a5, a6, a7, a8, a9
        known[k, 0], known[k, 1], known[k, 2], known[k, 3], known[k, 4] = d0, d1, d2, d3, d4
        known[k, 5], known[k, 6], known[k, 7], known[k, 8], known[k, 9] = d5, d6, d7, d8, d9
        right[k, 0], right[k, 1], right[k, 2], right[k, 3] = f0, f1, f2, f3
        every[k] *= scale
        known[k] *= scale
        right[k] *= scale
        energy[k] = e0 * scale
