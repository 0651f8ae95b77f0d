"""The closed-form matting Laplacian on the unknown pixels (Levin, Lischinski, Weiss 2008), windows of 3 x 3.

As a stencil: an unknown pixel couples to the 5 x 5 about it, 25 numbers each.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _window(rgb: U8, lut: F32, y: int, x: int, ridge: float, centred: F64) -> tuple[float, ...]:
    """Centred colours (9, 3) of the window about (y, x), and the packed inverse of their scatter."""
    m0 = m1 = m2 = 0.0  # in double precision: flat windows are all but singular
    n = 0
    for v in range(y - 1, y + 2):
        for u in range(x - 1, x + 2):
            r, g, b = lut[rgb[v, u, 0]], lut[rgb[v, u, 1]], lut[rgb[v, u, 2]]
            centred[n, 0], centred[n, 1], centred[n, 2] = r, g, b
            m0 += r
            m1 += g
            m2 += b
            n += 1
    m0, m1, m2 = m0 / 9, m1 / 9, m2 / 9
    a00 = a11 = a22 = ridge
    a01 = a02 = a12 = 0.0
    for k in range(9):
        c0, c1, c2 = centred[k, 0] - m0, centred[k, 1] - m1, centred[k, 2] - m2
        centred[k, 0], centred[k, 1], centred[k, 2] = c0, c1, c2
        a00 += c0 * c0
        a01 += c0 * c1
        a02 += c0 * c2
        a11 += c1 * c1
        a12 += c1 * c2
        a22 += c2 * c2
    b00, b01, b02 = a11 * a22 - a12 * a12, a02 * a12 - a01 * a22, a01 * a12 - a02 * a11
    share = 1 / (a00 * b00 + a01 * b01 + a02 * b02)
    return (
        b00 * share, b01 * share, b02 * share,
        (a00 * a22 - a02 * a02) * share, (a01 * a02 - a00 * a12) * share, (a00 * a11 - a01 * a01) * share,
    )  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def _touches(index: I32, y: int, x: int) -> bool:
    for v in range(y - 1, y + 2):
        for u in range(x - 1, x + 2):
            if index[v, u] >= 0:
                return True
    return False


@njit(cache=True, nogil=True, fastmath=RELAXED)
def assemble(rgb: U8, lut: F32, index: I32, ridge: float, stencil: F32) -> None:
    """Adds into stencil (n, 25), in raster order about each unknown pixel.

    rgb: uint8 (H, W, 3). index: int32 (H, W), the number of an unknown pixel, -1 for known ones. Windows lie inside.
    """
    height, width = index.shape
    centred, turned = np.empty((9, 3)), np.empty(3)
    ninth = 1 / 9
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if not _touches(index, y, x):
                continue
            i00, i01, i02, i11, i12, i22 = _window(rgb, lut, y, x, ridge, centred)
            for a in range(9):
                row = index[y - 1 + a // 3, x - 1 + a % 3]
                if row < 0:
                    continue
                c0, c1, c2 = centred[a, 0], centred[a, 1], centred[a, 2]
                turned[0] = i00 * c0 + i01 * c1 + i02 * c2
                turned[1] = i01 * c0 + i11 * c1 + i12 * c2
                turned[2] = i02 * c0 + i12 * c1 + i22 * c2
                first = 12 - 5 * (a // 3) - a % 3  # where the window's first pixel lies in the 5 x 5 about this one
                for b in range(9):
                    told = turned[0] * centred[b, 0] + turned[1] * centred[b, 1] + turned[2] * centred[b, 2]
                    stencil[row, first + 5 * (b // 3) + b % 3] -= ninth + told
                stencil[row, 12] += np.float32(1)


@njit(cache=True, nogil=True, fastmath=RELAXED)
def product(stencil: F32, position: I32, x: F32, out: F32) -> None:
    """out (n,) = L x at the unknown pixels. position: int32 (n, 2). x: float32 (H + 4, W + 4), padded by two."""
    for k in range(len(position)):
        v, u = position[k, 0], position[k, 1]
        total = np.float32(0)
        for d in range(5):
            for e in range(5):
                total += stencil[k, 5 * d + e] * x[v + d, u + e]
        out[k] = total
