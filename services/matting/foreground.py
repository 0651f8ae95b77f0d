"""True colours in the band: what the product looks like where the photo shows it mixed with the background.

Closed form per pixel: the colour closest to (I - (1 - a) B) / a, held to the local product colour with a weight that
matters where alpha is small. The local product colour is an alpha-weighted mean over cells, from near cells first.

The formula trusts alpha, and where a model is unsure of an opaque interior it invents colours. So each estimate is
asked whether the product has such a colour around there (see plausible). As far as it is less plausible than the pixel
as it was seen, it yields to that, or where the pixel shows little product to the local colour. Where alpha is right
the estimate is the more plausible of the two, and stands.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from services.matting import plausible
from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field import pyramid
from services.matting.field.band import Band
from services.matting.field.moments import corner_values
from services.matting.light import LINEAR_LIGHT, Light, named

_HOLD = 0.06
_OPAQUE = 0.9
_SOLID = 0.995
_MIXED_SHARE = 0.25
_USUAL = 1.5  # standard deviations: nearer colours are as good as any other


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _colour_sums(rgb: U8, lut: F32, alpha: F32, position: I32, background: F32, size: int, out: F32) -> None:
    """Adds into out (rows, columns, 4): sum of weight * alpha, and of weight * (I - (1 - alpha) B) per channel."""
    height, width = alpha.shape
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        row = out[position[k, 0], position[k, 1]]
        for y in range(top, min(height, top + size)):
            for x in range(left, min(width, left + size)):
                a = alpha[y, x]
                if a < 0.05:
                    continue
                rest = np.float32(1) - a
                weight = a if a > _OPAQUE else np.float32(_MIXED_SHARE) * a
                row[0] += weight * a
                for c in range(3):
                    row[1 + c] += weight * (lut[rgb[y, x, c]] - rest * background[k, c])


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _gather(sums: F32, level: int, position: I32, enough: float, last: bool, colour: F64, trust: F64) -> None:
    rows, columns, _ = sums.shape
    acc = np.empty(4)
    for k in range(len(position)):
        if trust[k] >= 1:
            continue
        cy, cx = position[k, 0] >> level, position[k, 1] >> level
        acc[:] = 0
        for y in range(max(0, cy - 1), min(rows, cy + 2)):
            for x in range(max(0, cx - 1), min(columns, cx + 2)):
                weight = (2.0 if y == cy else 1.0) * (2.0 if x == cx else 1.0)
                for c in range(4):
                    acc[c] += weight * sums[y, x, c]
        if acc[0] <= 1e-6:
            continue
        weight = (1 - trust[k]) * (1.0 if last else min(1.0, acc[0] / enough))
        for c in range(3):
            colour[k, c] += weight * acc[1 + c] / acc[0]
        trust[k] += weight


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _mixed(corners: F32, iy: int, ix: int, c: int, wy: float, wx: float) -> float:
    upper = corners[iy, ix, c] + (corners[iy, ix + 1, c] - corners[iy, ix, c]) * wx
    lower = corners[iy + 1, ix, c] + (corners[iy + 1, ix + 1, c] - corners[iy + 1, ix, c]) * wx
    return float(upper + (lower - upper) * wy)


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _distance(here: F32, r: float, g: float, b: float) -> float:
    """Of a code value (0 to 1) from the product's colours, in standard deviations; here: see plausible.survey."""
    x, y, z = r - here[6], g - here[7], b - here[8]
    square = here[9] * x * x + here[12] * y * y + here[14] * z * z
    square += 2 * (here[10] * x * y + here[11] * x * z + here[13] * y * z)
    return math.sqrt(max(0.0, square))


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _code(codes: U8, light: float) -> int:
    return int(codes[min(4095, max(0, int(light * 4095 + 0.5)))])


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _write(
    rgb: U8, lut: F32, codes: U8, trimap: U8, alpha: F32, position: I32, neighbours: I32, values: F32, size: int,
    hold: float, usual: float, out: U8,
) -> None:  # fmt: skip
    """values: float32 (n, 15), background, product colour and its range per cell, interpolated bilinearly."""
    height, width = trimap.shape
    corners = np.empty((3, 3, 15), np.float32)
    here, light = np.empty(15, np.float32), np.empty(3, np.float32)
    scale, one, solid = np.float32(1 / 255), np.float32(1), np.float32(_SOLID)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        corner_values(values, neighbours, k, corners)
        for y in range(top, min(height, top + size)):
            ty = np.float32((y - top + 0.5) / size - 0.5)
            iy = 1 if ty >= 0 else 0
            wy = ty if ty >= 0 else one + ty
            for x in range(left, min(width, left + size)):
                value = trimap[y, x]
                a = alpha[y, x]
                if value in (0, 255) or a > solid:  # what is all product shows its own colour
                    continue
                tx = np.float32((x - left + 0.5) / size - 0.5)
                ix = 1 if tx >= 0 else 0
                wx = tx if tx >= 0 else one + tx
                for c in range(15):
                    here[c] = _mixed(corners, iy, ix, c, wy, wx)
                rest = one - a
                share = one / (a * a + np.float32(hold))
                for c in range(3):
                    seen = lut[rgb[y, x, c]]
                    light[c] = (a * (seen - rest * here[c]) + np.float32(hold) * here[3 + c]) * share
                r, g, b = (_code(codes, light[0]), _code(codes, light[1]), _code(codes, light[2]))
                near = _distance(here, scale * rgb[y, x, 0], scale * rgb[y, x, 1], scale * rgb[y, x, 2])
                limit = max(usual, near)
                far = _distance(here, scale * r, scale * g, scale * b)
                if far > limit:
                    pull = min(one, np.float32((far - limit) / limit))
                    local = rest * min(one, max(np.float32(0), np.float32(near / usual - 1)))
                    for c in range(3):
                        seen = lut[rgb[y, x, c]]
                        safe = seen + local * (here[3 + c] - seen)
                        light[c] += pull * (safe - light[c])
                    r, g, b = (_code(codes, light[0]), _code(codes, light[1]), _code(codes, light[2]))
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = r, g, b


def recover(rgb: U8, trimap: U8, alpha: F32, band: Band, light: Light | None = None) -> U8:
    """uint8 (H, W, 3) encoded sRGB: the photo's own pixels, with clean colours in the unknown band.

    rgb, trimap, alpha: the photo, uint8 (H, W) of 0, 128, 255, and float32 (H, W). band: from the solver. light: that
    alpha and band are in; None for linear.
    """
    light = light or named(LINEAR_LIGHT)
    cells = band.cells
    out = rgb.copy()
    if not len(cells):
        return out
    sums = np.zeros((*cells.shape, 4), np.float32)
    _colour_sums(rgb, light.lut, alpha, cells.position, band.background, cells.size, sums)
    colour, trust = np.zeros((len(cells), 3)), np.zeros(len(cells))
    enough = float(cells.size * cells.size)
    level = 0
    while True:
        last = pyramid.is_last(sums, level, 1)
        _gather(sums, level, cells.position, enough * (1 << (2 * level)), last, colour, trust)
        if last or trust.min() >= 1:
            break
        sums, level = pyramid.pooled(sums), level + 1
    found = trust > 1e-6
    colour /= np.where(found, trust, 1)[:, None]
    # With no product colour anywhere near there is nothing to clean towards: keep the photo's own.
    colour[~found] = band.background[~found]
    usual = plausible.survey(rgb, alpha, cells)
    values = np.concatenate([band.background, np.clip(colour, 0, 1).astype(np.float32), usual], 1)
    _write(
        rgb, light.lut, light.codes, trimap, alpha, cells.position, cells.neighbours, values, cells.size, _HOLD, _USUAL,
        out,
    )  # fmt: skip
    return out
