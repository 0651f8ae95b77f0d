"""True colours in the band: what the product looks like where the photo shows it mixed with the background.

Closed form per pixel: the colour closest to (I - (1 - a) B) / a, held to the local product colour with a weight that
matters where alpha is small. The local product colour is an alpha-weighted mean over cells, from near cells first.

The formula trusts alpha, and where a model is unsure of an opaque interior it invents colours. So each estimate is
asked whether the product has such a colour around there (see plausible). As far as it is less plausible than the pixel
as it was seen, it yields to that, or where the pixel shows little product to the local colour. Where alpha is right
the estimate is the more plausible of the two, and stands.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting import plausible
from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field import pyramid
from services.matting.field.band import Band
from services.matting.field.moments import corner_values, middle_out, offsets
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
    one, faint, opaque, mixed = np.float32(1), np.float32(0.05), np.float32(_OPAQUE), np.float32(_MIXED_SHARE)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        end = min(width, left + size)
        b0, b1, b2 = background[k, 0], background[k, 1], background[k, 2]
        total = r = g = b = np.float32(0)
        for y in range(top, min(height, top + size)):
            pixels, shown = rgb[y, left:end], alpha[y, left:end]
            for i in range(len(shown)):
                a = shown[i]
                if a < faint:
                    continue
                rest = one - a
                weight = a if a > opaque else mixed * a
                total += weight * a
                r += weight * (lut[pixels[i, 0]] - rest * b0)
                g += weight * (lut[pixels[i, 1]] - rest * b1)
                b += weight * (lut[pixels[i, 2]] - rest * b2)
        row = out[position[k, 0], position[k, 1]]
        row[0] += total
        row[1] += r
        row[2] += g
        row[3] += b


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
def _distances(here: F32, codes: F32, count: int, out: F32) -> None:
    """Of code values (3, n), 0 to 1, from the product's colours, in standard deviations; here: see plausible.survey."""
    for i in range(count):
        x, y, z = codes[0, i] - here[6, i], codes[1, i] - here[7, i], codes[2, i] - here[8, i]
        square = here[9, i] * x * x + here[12, i] * y * y + here[14, i] * z * z
        square += np.float32(2) * (here[10, i] * x * y + here[11, i] * x * z + here[13, i] * y * z)
        out[i] = np.sqrt(max(np.float32(0), square))


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _code(codes: U8, light: float) -> int:
    return int(codes[int(min(np.float32(4095), max(np.float32(0), light * np.float32(4095) + np.float32(0.5))))])


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _write(  # noqa: PLR0912 - one row of one cell after the other
    rgb: U8, lut: F32, codes: U8, trimap: U8, alpha: F32, position: I32, neighbours: I32, values: F32, size: int,
    hold: float, usual: float, out: U8,
) -> None:  # fmt: skip
    """values: float32 (n, 15), background, product colour and its range per cell, interpolated bilinearly.

    A row of a cell's pixels is laid out by channel first, so that each step is one loop over short arrays.
    """
    height, width = trimap.shape
    before, after = offsets(size, 1)
    corners, line = np.empty((3, 3, 15), np.float32), np.empty(3, np.float32)
    here, light = np.empty((15, size), np.float32), np.empty((3, size), np.float32)
    seen, clean, near, far = (np.empty((3, size), np.float32), np.empty((3, size), np.float32),
                              np.empty(size, np.float32), np.empty(size, np.float32))  # fmt: skip
    scale, one, solid, zero = np.float32(1 / 255), np.float32(1), np.float32(_SOLID), np.float32(0)
    held, common = np.float32(hold), np.float32(usual)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        end, ready = min(width, left + size), False
        for y in range(top, min(height, top + size)):
            pixels, known, shown = rgb[y, left:end], trimap[y, left:end], alpha[y, left:end]
            wanted = 0
            for i in range(len(known)):  # what is all product shows its own colour
                wanted += (known[i] != 0) & (known[i] != 255) & (shown[i] <= solid)
            if not wanted:
                continue
            if not ready:
                corner_values(values, neighbours, k, corners)
                ready = True
            count = len(known)
            for c in range(15):
                middle_out(corners, y, top, size, c, line)
                for i in range(count):
                    here[c, i] = line[0] + line[1] * before[i] + line[2] * after[i]
            for c in range(3):
                for i in range(count):
                    seen[c, i] = scale * pixels[i, c]
                    a = shown[i]
                    mixture = a * (lut[pixels[i, c]] - (one - a) * here[c, i]) + held * here[3 + c, i]
                    light[c, i] = mixture / (a * a + held)
                for i in range(count):
                    clean[c, i] = scale * _code(codes, light[c, i])
            _distances(here, seen, count, near)
            _distances(here, clean, count, far)
            target = out[y, left:end]
            for i in range(count):
                if known[i] in (0, 255) or shown[i] > solid:
                    continue
                limit = max(common, near[i])
                if far[i] > limit:
                    pull = min(one, (far[i] - limit) / limit)
                    local = (one - shown[i]) * min(one, max(zero, near[i] / common - one))
                    for c in range(3):
                        own = lut[pixels[i, c]]
                        safe = own + local * (here[3 + c, i] - own)
                        light[c, i] += pull * (safe - light[c, i])
                for c in range(3):
                    target[i, c] = _code(codes, light[c, i])


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
