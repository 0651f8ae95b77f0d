"""The pass that turns the solved field into alpha, pixel by pixel in the unknown band."""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, I32, RELAXED, U8
from services.matting.field.law import share
from services.matting.field.moments import corner_values
from services.matting.field.sampling import bilinear


@njit(cache=True, nogil=True, fastmath=RELAXED)
def evaluate(
    rgb: U8, lut: F32, trimap: U8, position: I32, neighbours: I32, values: F32, size: int, step: int, prior: F32,
    belief: F32, table: F32, alpha: F32,
) -> None:  # fmt: skip
    """Writes alpha float32 (H, W) at unknown pixels only, and of these at one in step x step.

    values: float32 (n, 8) per cell: background r g b, z (4) and the strength of the prior (see law), all interpolated
    bilinearly between cell centres. table: float32 (256,), see law.
    """
    height, width = trimap.shape
    scale_y, scale_x = prior.shape[0] / height, prior.shape[1] / width
    corners = np.empty((3, 3, 8), np.float32)
    line = np.empty((3, 8), np.float32)
    here = np.empty(8, np.float32)
    one, zero = np.float32(1), np.float32(0)
    faint = np.float32(1e-3) * table.min()  # under it no confidence gives the prior a thousandth
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        corner_values(values, neighbours, k, corners)
        for y in range(top, min(height, top + size), step):
            found = False
            for x in range(left, min(width, left + size), step):
                value = trimap[y, x]
                found |= (value > 0) & (value < 255)
            if not found:
                continue
            ty = np.float32((y - top + 0.5) / size - 0.5)
            iy = 1 if ty >= 0 else 0
            wy = ty if ty >= 0 else one + ty
            for column in range(3):
                for c in range(8):
                    upper = corners[iy, column, c]
                    line[column, c] = upper + (corners[iy + 1, column, c] - upper) * wy
            for x in range(left, min(width, left + size), step):
                value = trimap[y, x]
                if value in (0, 255):
                    continue
                tx = np.float32((x - left + 0.5) / size - 0.5)
                ix = 1 if tx >= 0 else 0
                wx = tx if tx >= 0 else one + tx
                for c in range(8):
                    here[c] = line[ix, c] + (line[ix + 1, c] - line[ix, c]) * wx
                result = here[6]
                for c in range(3):
                    result += here[3 + c] * (lut[rgb[y, x, c]] - here[c])
                result = min(one, max(zero, result))
                if here[7] > faint:
                    told = np.float32(share(here[7], bilinear(belief, y, x, scale_y, scale_x), table))
                    result += told * (np.float32(bilinear(prior, y, x, scale_y, scale_x)) - result)
                alpha[y, x] = min(one, max(zero, result))
