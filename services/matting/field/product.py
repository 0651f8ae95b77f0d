"""Local colours of the product, and the reading of alpha off a pixel that they and the background make.

Mean and covariance of what shows the product alone, in the light that mixes, from near cells first. With them and the
background's, alpha = w . (I - B) with the w of least error: Fisher's direction between the two, scaled so that the
mean product colour gives 1. Unlike the field's own slopes it follows a background that changes from cell to cell.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field.cells import Cells
from services.matting.field.contrast import SIDE, gathered

STEP = 2
ALONE = 0.98  # alpha from which an unknown pixel counts as all product
ENOUGH = 2.0  # cells' worth of pixels that make a neighbourhood
TEXTURE = 0.03  # share of itself by which a product's colour scatters at least
NOISE = 0.0055, 2e-3  # standard deviation of a pixel's noise per root of its light, and at least
MISFIT = 0.01  # share of the light that a background is off by at least
_HALF = 0.5  # the alpha at which the errors are weighed


@njit(cache=True, nogil=True, inline="always")
def _is_product(trimap: U8, alpha: F32, above: float, y: int, x: int) -> bool:
    value = trimap[y, x]
    return bool(value == 255 or (value > 0 and alpha[y, x] > above))


@njit(cache=True, nogil=True, fastmath=RELAXED)
def product_sums(
    rgb: U8, lut: F32, trimap: U8, alpha: F32, above: float, position: I32, size: int, step: int, out: F32
) -> None:
    """Adds into out (rows, columns, 10): count, r, g, b, rr, rg, rb, gg, gb, bb, every `step` pixels.

    Product is known product, and unknown pixels whose alpha (float32 (H, W)) is over `above`, but for those with
    anything else `step` away: they may be mixed.
    """
    height, width = trimap.shape
    found = np.empty(10, np.float32)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        found[:] = 0
        for y in range(top, min(height, top + size), step):
            for x in range(left, min(width, left + size), step):
                if trimap[y, x] < 255:
                    if not _is_product(trimap, alpha, above, y, x):
                        continue
                    if x + step < width and not _is_product(trimap, alpha, above, y, x + step):
                        continue
                    if x >= step and not _is_product(trimap, alpha, above, y, x - step):
                        continue
                    if y + step < height and not _is_product(trimap, alpha, above, y + step, x):
                        continue
                    if y >= step and not _is_product(trimap, alpha, above, y - step, x):
                        continue
                r, g, b = lut[rgb[y, x, 0]], lut[rgb[y, x, 1]], lut[rgb[y, x, 2]]
                found[0] += 1
                found[1] += r
                found[2] += g
                found[3] += b
                found[4] += r * r
                found[5] += r * g
                found[6] += r * b
                found[7] += g * g
                found[8] += g * b
                found[9] += b * b
        for c in range(10):
            out[position[k, 0], position[k, 1], c] += found[c]


def survey(rgb: U8, lut: F32, trimap: U8, alpha: F32, near: Cells, cells: Cells) -> tuple[F32, F32]:
    """Mean (3) and covariance (packed 6) of the product's colours by active cell, float32 (n, 9), and known, float32
    (n,), 1 where any product was found.

    near: cells to gather from. alpha: float32 (H, W), good at every other pixel at least.
    """
    sums = np.zeros((*cells.shape, SIDE), np.float32)
    product_sums(rgb, lut, trimap, alpha, ALONE, near.position, cells.size, STEP, sums)
    (found,) = gathered(sums, ENOUGH * (cells.size / STEP) ** 2, cells)
    return told(*found)


def told(moments: F64, trust: F64) -> tuple[F32, F32]:
    """What `survey` returns, from moments (n, 9) summed to a trust (n,)."""
    found = trust > 1e-6
    moments = moments / np.where(found, trust, 1)[:, None]
    texture = (TEXTURE * moments[:, :3].mean(1)) ** 2 + NOISE[1] ** 2
    for place in (3, 6, 8):
        moments[:, place] = np.maximum(moments[:, place], 0) + texture
    return moments.astype(np.float32), found.astype(np.float32)


def reading(product: F32, background: F32, deviation: F32) -> tuple[F64, F64]:
    """w float64 (n, 3) of every cell, and the variance of alpha that it leaves where a pixel is mixed, (n,).

    product: float32 (n, 9), see survey. background: float32 (n, 3) with its deviation (n,).
    """
    apart = (product[:, :3] - background).astype(np.float64)
    light = np.maximum((product[:, :3].mean(1) + background.mean(1)) / 2, 1e-3).astype(np.float64)
    own = NOISE[0] ** 2 * light + NOISE[1] ** 2
    own += (1 - _HALF) ** 2 * (deviation.astype(np.float64) ** 2 + (MISFIT * background.mean(1)) ** 2)
    turned = solved(_HALF**2 * product[:, 3:].astype(np.float64), own, apart)
    form = np.maximum((apart * turned).sum(1), 1e-6)
    return turned / form[:, None], 1 / form


def solved(packed: F64, ridge: F64, right: F64) -> F64:
    """(S + ridge)^-1 right for packed symmetric 3 x 3 matrices (n, 6), ridge (n,) and vectors (n, 3)."""
    a, b, c, e, f, i = packed.T
    a, e, i = a + ridge, e + ridge, i + ridge
    aa, ab, ac = e * i - f * f, c * f - b * i, b * f - c * e
    ee, ef, ii = a * i - c * c, b * c - a * f, a * e - b * b
    x, y, z = right.T
    rows = [aa * x + ab * y + ac * z, ab * x + ee * y + ef * z, ac * x + ef * y + ii * z]
    return np.asarray(np.stack(rows, 1) / np.maximum(a * aa + b * ab + c * ac, 1e-24)[:, None])
