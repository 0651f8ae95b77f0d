"""True colours in the band: what the product looks like where the photo shows it mixed with the background.

The most probable colour per pixel, given I = a F + (1 - a) B with errors of alpha, background and sensor, and the mean
and covariance of the product's colours around there (see field.product): a linear estimate, as in Kalman's filter. An
error of alpha moves the pixel along F - B, so that along it the local colours speak, and across it the pixel does. On
a dark product before white paper that is what keeps the paper's light out.

The estimate trusts alpha, and where a model is unsure of an opaque interior it invents colours. So each estimate is
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
from services.matting.field import product, pyramid
from services.matting.field.band import Band
from services.matting.field.cells import dilated, from_mask
from services.matting.field.moments import corner_values
from services.matting.light import LINEAR_LIGHT, Light, named

# Standard deviation of alpha where it is mixed, and at least.
_UNSURE, _LEAST = 0.08, 0.01
_REACH = 4  # cells about the band whose product is looked at
_ANY = np.array((0.01, 0, 0, 0.01, 0, 0.01), np.float32)  # covariance of a product that shows nowhere alone
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
def _distance(here: F32, r: float, g: float, b: float) -> float:
    """Of a code value (0 to 1) from the product's colours, in standard deviations; here: see plausible.survey."""
    x, y, z = r - here[6], g - here[7], b - here[8]
    square = here[9] * x * x + here[12] * y * y + here[14] * z * z
    square += 2 * (here[10] * x * y + here[11] * x * z + here[13] * y * z)
    return math.sqrt(max(0.0, square))


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _code(codes: U8, light: float) -> int:
    return int(codes[min(4095, max(0, int(light * 4095 + 0.5)))])


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _unmix(here: F32, a: float, spread: float, light: F32) -> None:
    """Replaces light (3,), that of a pixel as seen, by the product's most probable one. here: background (3), product's
    mean (3) and covariance (6). spread: variance of the background."""
    b = np.float32(1) - a
    d0, d1, d2 = here[3] - here[0], here[4] - here[1], here[5] - here[2]
    r0 = light[0] - a * here[3] - b * here[0]
    r1 = light[1] - a * here[4] - b * here[1]
    r2 = light[2] - a * here[5] - b * here[2]
    misfit = np.float32(product.MISFIT / 3) * (here[0] + here[1] + here[2])
    own = np.float32(product.NOISE[0] ** 2 / 3) * (light[0] + light[1] + light[2]) + np.float32(product.NOISE[1] ** 2)
    own += b * b * (spread + misfit * misfit)
    wrong = np.float32(4 * _UNSURE * _UNSURE) * a * b + np.float32(_LEAST * _LEAST)
    square = a * a
    s00, s11 = square * here[6] + wrong * d0 * d0 + own, square * here[9] + wrong * d1 * d1 + own
    s22, s01 = square * here[11] + wrong * d2 * d2 + own, square * here[7] + wrong * d0 * d1
    s02, s12 = square * here[8] + wrong * d0 * d2, square * here[10] + wrong * d1 * d2
    c00, c01, c02 = s11 * s22 - s12 * s12, s02 * s12 - s01 * s22, s01 * s12 - s02 * s11
    c11, c12, c22 = s00 * s22 - s02 * s02, s01 * s02 - s00 * s12, s00 * s11 - s01 * s01
    share = a / (s00 * c00 + s01 * c01 + s02 * c02)
    y0 = (c00 * r0 + c01 * r1 + c02 * r2) * share
    y1 = (c01 * r0 + c11 * r1 + c12 * r2) * share
    y2 = (c02 * r0 + c12 * r1 + c22 * r2) * share
    light[0] = here[3] + here[6] * y0 + here[7] * y1 + here[8] * y2
    light[1] = here[4] + here[7] * y0 + here[9] * y1 + here[10] * y2
    light[2] = here[5] + here[8] * y0 + here[10] * y1 + here[11] * y2


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _write(
    rgb: U8, lut: F32, codes: U8, trimap: U8, alpha: F32, position: I32, neighbours: I32, values: F32, deviation: F32,
    size: int, usual: float, out: U8,
) -> None:  # fmt: skip
    """values: float32 (n, 21), background (3), product colour (3) and covariance (6), and its range in codes (9) per
    cell, interpolated bilinearly. deviation: float32 (n,) of the background."""
    height, width = trimap.shape
    corners = np.empty((3, 3, 21), np.float32)
    line, here = np.empty((3, 21), np.float32), np.empty(21, np.float32)
    light = np.empty(3, np.float32)
    scale, one, solid = np.float32(1 / 255), np.float32(1), np.float32(_SOLID)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        corner_values(values, neighbours, k, corners)
        spread = np.float32(deviation[k] * deviation[k])
        for y in range(top, min(height, top + size)):
            found = False
            for x in range(left, min(width, left + size)):
                value = trimap[y, x]
                found |= (value > 0) & (value < 255) & (alpha[y, x] <= solid)
            if not found:
                continue
            ty = np.float32((y - top + 0.5) / size - 0.5)
            iy = 1 if ty >= 0 else 0
            wy = ty if ty >= 0 else one + ty
            for column in range(3):
                for c in range(21):
                    upper = corners[iy, column, c]
                    line[column, c] = upper + (corners[iy + 1, column, c] - upper) * wy
            for x in range(left, min(width, left + size)):
                value = trimap[y, x]
                a = alpha[y, x]
                if value in (0, 255) or a > solid:  # what is all product shows its own colour
                    continue
                tx = np.float32((x - left + 0.5) / size - 0.5)
                ix = 1 if tx >= 0 else 0
                wx = tx if tx >= 0 else one + tx
                for c in range(21):
                    here[c] = line[ix, c] + (line[ix + 1, c] - line[ix, c]) * wx
                for c in range(3):
                    light[c] = lut[rgb[y, x, c]]
                _unmix(here, a, spread, light)
                r, g, b = (_code(codes, light[0]), _code(codes, light[1]), _code(codes, light[2]))
                near = _distance(here, scale * rgb[y, x, 0], scale * rgb[y, x, 1], scale * rgb[y, x, 2])
                limit = max(usual, near)
                far = _distance(here, scale * r, scale * g, scale * b)
                if far > limit:
                    pull = min(one, np.float32((far - limit) / limit))
                    local = (one - a) * min(one, max(np.float32(0), np.float32(near / usual - 1)))
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
    near = from_mask(dilated((cells.index >= 0).astype(np.uint8), _REACH), cells.size)
    local, known = product.survey(rgb, light.lut, trimap, alpha, near, cells)
    if not known.all():
        local[known == 0, :3] = _mean(rgb, light.lut, alpha, band)[known == 0]
        local[known == 0, 3:] = _ANY
    usual = plausible.survey(rgb, alpha, cells)
    values = np.concatenate([band.background, local, usual], 1)
    _write(
        rgb, light.lut, light.codes, trimap, alpha, cells.position, cells.neighbours, values, band.deviation,
        cells.size, _USUAL, out,
    )  # fmt: skip
    return out


def _mean(rgb: U8, lut: F32, alpha: F32, band: Band) -> F32:
    """Alpha-weighted mean of unmixed colours by cell, float32 (n, 3): where nothing shows the product alone."""
    cells = band.cells
    sums = np.zeros((*cells.shape, 4), np.float32)
    _colour_sums(rgb, lut, alpha, cells.position, band.background, cells.size, sums)
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
    return np.asarray(np.clip(colour, 0, 1), np.float32)
