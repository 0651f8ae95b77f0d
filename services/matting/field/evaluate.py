"""The pass that turns the solved field into alpha, pixel by pixel in the unknown band."""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, I32, RELAXED, U8
from services.matting.field import law, sampling
from services.matting.field.moments import corner_values, middle_out, offsets


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
    tops, rises = sampling.steps(prior.shape[0], height)
    lefts, shares = sampling.steps(prior.shape[1], width)
    before, after = offsets(size, step)
    corners, line = np.empty((3, 3, 8), np.float32), np.empty((8, 3), np.float32)
    result, strength = np.empty((2, len(before)), np.float32)
    told = np.empty((2, int(size * prior.shape[1] / width) + 4), np.float32)
    one, zero = np.float32(1), np.float32(0)
    faint = np.float32(1e-3) * table.min()  # under it no confidence gives the prior a thousandth
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        end = min(width, left + size)
        first, ready = lefts[left], False
        for y in range(top, min(height, top + size), step):
            pixels, known = rgb[y, left:end:step], trimap[y, left:end:step]
            unknown = 0
            for i in range(len(known)):
                unknown += (known[i] != 0) & (known[i] != 255)
            if not unknown:
                continue
            if not ready:
                corner_values(values, neighbours, k, corners)
                ready = True
            for c in range(8):
                middle_out(corners, y, top, size, c, line[c])
            for i in range(len(known)):
                b, a = before[i], after[i]
                r = lut[pixels[i, 0]] - (line[0, 0] + line[0, 1] * b + line[0, 2] * a)
                g = lut[pixels[i, 1]] - (line[1, 0] + line[1, 1] * b + line[1, 2] * a)
                blue = lut[pixels[i, 2]] - (line[2, 0] + line[2, 1] * b + line[2, 2] * a)
                level = line[6, 0] + line[6, 1] * b + line[6, 2] * a
                level += r * (line[3, 0] + line[3, 1] * b + line[3, 2] * a)
                level += g * (line[4, 0] + line[4, 1] * b + line[4, 2] * a)
                level += blue * (line[5, 0] + line[5, 1] * b + line[5, 2] * a)
                result[i] = min(one, max(zero, level))
                strength[i] = line[7, 0] + line[7, 1] * b + line[7, 2] * a
            if max(line[7, 0], line[7, 0] - line[7, 1], line[7, 0] + line[7, 2]) > faint:
                sampling.across(prior, tops[y], rises[y], first, lefts[end - 1], told[0])
                sampling.across(belief, tops[y], rises[y], first, lefts[end - 1], told[1])
                for i in range(len(known)):
                    if known[i] in (0, 255) or strength[i] <= faint:
                        continue
                    at, share = lefts[left + step * i] - first, shares[left + step * i]
                    sure = told[1, at] + (told[1, at + 1] - told[1, at]) * share
                    model = told[0, at] + (told[0, at + 1] - told[0, at]) * share
                    result[i] += np.float32(law.share(strength[i], sure, table)) * (model - result[i])
            line_out = alpha[y, left:end:step]
            for i in range(len(known)):
                if known[i] not in (0, 255):
                    line_out[i] = min(one, max(zero, result[i]))
