"""Local background colours: a plane of known background around every cell, from near cells first.

A weighted plane fit per cell over a Gaussian 7 x 7 window of cell sums, repeated on pooled sums until the evidence
suffices. With a studio plate the plane is fitted to photo / plate, so that falloff comes from the plate, shadows from
the photo, and far from any known background the plate alone speaks.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field import pyramid, shade
from services.matting.field.cells import Cells

REACH = 6
STEP = 2
SPREAD = 4.0  # squared cells
SLOPE_RIDGE = 0.3
# What the plate's certainty counts against that of a plane found in the photo. Little: it does not know the shadows.
PLATE_SAY = 0.0002


@njit(cache=True, nogil=True, inline="always")
def _is_background(trimap: U8, alpha: F32, below: float, y: int, x: int) -> bool:
    value = trimap[y, x]
    return bool(value == 0 or (value < 255 and alpha[y, x] < below))


@njit(cache=True, nogil=True, fastmath=RELAXED)
def background_sums(
    rgb: U8, lut: F32, trimap: U8, alpha: F32, below: float, position: I32, size: int, step: int, out: F32
) -> None:
    """Adds into out (rows, columns, 7): count, r, g, b, sum x, sum y, sum of squared luminance, every `step` pixels.

    Background is known background, up to the band: its shade is deepest there. So are unknown pixels whose alpha
    (float32 (H, W)) is under `below`, but for those with anything else one step away: they may be mixed.
    """
    height, width = trimap.shape
    zero, third = np.float32(0), np.float32(1 / 3)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        count = across = down = 0
        red = green = blue = square = zero
        for y in range(top, min(height, top + size), step):
            before = count
            for x in range(left, min(width, left + size), step):
                # Written out: as a function that numba inlines, these conditions took four times as long.
                if trimap[y, x] > 0:
                    if not _is_background(trimap, alpha, below, y, x):
                        continue
                    if x + step < width and not _is_background(trimap, alpha, below, y, x + step):
                        continue
                    if x >= step and not _is_background(trimap, alpha, below, y, x - step):
                        continue
                    if y + step < height and not _is_background(trimap, alpha, below, y + step, x):
                        continue
                    if y >= step and not _is_background(trimap, alpha, below, y - step, x):
                        continue
                r, g, b = lut[rgb[y, x, 0]], lut[rgb[y, x, 1]], lut[rgb[y, x, 2]]
                mean = (r + g + b) * third
                red += r
                green += g
                blue += b
                square += mean * mean
                across += x
                count += 1
            down += y * (count - before)
        row = out[position[k, 0], position[k, 1]]
        row[0] += count
        row[1] += red
        row[2] += green
        row[3] += blue
        row[4] += across
        row[5] += down
        row[6] += square


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _fit_level(
    sums: F32, level: int, position: I32, size: int, enough: float, last: bool, colour: F64, spread: F64, trust: F64,
    far: F64,
) -> None:  # fmt: skip
    rows, columns, _ = sums.shape
    scale = 1 << level
    edge = size * scale
    slope_x, slope_y, centre = np.empty(3), np.empty(3), np.empty(3)
    for k in range(len(position)):
        if trust[k] >= 1.0:
            continue
        py, px = (position[k, 0] + 0.5) * size - 0.5, (position[k, 1] + 0.5) * size - 0.5
        cy, cx = position[k, 0] // scale, position[k, 1] // scale
        total = sx = sy = sxx = sxy = syy = square = 0.0
        centre[:] = 0
        slope_x[:] = 0
        slope_y[:] = 0
        for y in range(max(0, cy - 3), min(rows, cy + 4)):
            for x in range(max(0, cx - 3), min(columns, cx + 4)):
                count = sums[y, x, 0]
                if count <= 0:
                    continue
                dx, dy = (sums[y, x, 4] / count - px) / edge, (sums[y, x, 5] / count - py) / edge
                per = math.exp(-0.5 * (dx * dx + dy * dy) / SPREAD)
                weight = count * per
                total += weight
                sx += weight * dx
                sy += weight * dy
                sxx += weight * dx * dx
                sxy += weight * dx * dy
                syy += weight * dy * dy
                square += per * sums[y, x, 6]
                for c in range(3):
                    value = per * sums[y, x, 1 + c]
                    centre[c] += value
                    slope_x[c] += value * dx
                    slope_y[c] += value * dy
        if total <= 1e-6:
            continue
        share = 1.0 if last else min(1.0, total / (enough * scale * scale))
        weight = (1.0 - trust[k]) * share
        mx, my = sx / total, sy / total
        vxx = sxx / total - mx * mx + SLOPE_RIDGE
        vyy = syy / total - my * my + SLOPE_RIDGE
        vxy = sxy / total - mx * my
        inverse = 1.0 / (vxx * vyy - vxy * vxy)
        mean = gx = gy = 0.0
        for c in range(3):
            m = centre[c] / total
            hx, hy = slope_x[c] / total - mx * m, slope_y[c] / total - my * m
            bx, by = (vyy * hx - vxy * hy) * inverse, (vxx * hy - vxy * hx) * inverse
            colour[k, c] += weight * (m - bx * mx - by * my)
            mean += m / 3
            gx += bx / 3
            gy += by / 3
        explained = gx * gx * (vxx - SLOPE_RIDGE) + gy * gy * (vyy - SLOPE_RIDGE) + 2 * gx * gy * vxy
        spread[k] += weight * max(0.0, square / total - mean * mean - explained)
        trust[k] += weight
        far[k] += weight * level


def fit(
    rgb: U8,
    lut: F32,
    trimap: U8,
    alpha: F32,
    below: float,
    near: Cells,
    cells: Cells,
    plate: tuple[F32, F32] | None,
    covered: F32 | None = None,
) -> tuple[F32, F32, F32, bool]:
    """Background colour of every active cell.

    near: cells to gather from. plate: linear (rows, columns, 3) and sigma (rows, columns) of the clean paper at the
    centres of the whole grid, or None. covered: mean alpha of every cell of the grid, to foretell the product's shade
    (see shade), or None.
    Returns colour float32 (n, 3) in linear light, its standard deviation float32 (n,) (texture and noise about the
    plane), known float32 (n,), 1 where any evidence was found, and whether the background is plain paper in a shade
    that the product explains: False without `covered`.
    """
    count = len(cells)
    sums = np.zeros((*cells.shape, 7), np.float32)
    background_sums(rgb, lut, trimap, alpha, below, near.position, cells.size, STEP, sums)
    lit = None if covered is None else shade.shaded(sums, covered, plate, near.position)
    plate = plate if lit is None else lit
    paper, paper_sigma = _plate_at(cells, plate)
    if plate is not None:
        grid = np.maximum(plate[0], 1e-3)
        sums[..., 1:4] /= grid
        sums[..., 6] /= grid.mean(-1) ** 2
    colour, spread = np.zeros((count, 3)), np.zeros(count)
    trust, far = np.zeros(count), np.zeros(count)
    enough = (cells.size / STEP) ** 2
    level = 0
    while True:
        last = pyramid.is_last(sums, level, 3)
        _fit_level(sums, level, cells.position, cells.size, enough, last, colour, spread, trust, far)
        if last or (count and trust.min() >= 1):
            break
        sums, level = pyramid.pooled(sums), level + 1
    found = trust > 1e-6
    divisor = np.where(found, trust, 1)
    colour /= divisor[:, None]
    spread /= divisor
    if plate is not None:
        light = paper.mean(-1)
        relative = (paper_sigma / np.maximum(light, 1e-3)) ** 2 + 1e-5
        # A plane found `far` levels away is that much less certain of the shadow here.
        local = np.where(found, 1 / ((spread + 1e-5) * 4.0 ** (far / divisor)), 0.0)
        say = PLATE_SAY if lit is None else shade.SAY
        share = (local / (local + say / relative))[:, None]
        colour = (share * colour + 1 - share) * paper
        spread = np.where(found, spread, relative) * light**2
        found |= True
    return (
        np.clip(colour, 0, 1).astype(np.float32),
        np.sqrt(spread).astype(np.float32),
        found.astype(np.float32),
        lit is not None,
    )


def _plate_at(cells: Cells, plate: tuple[F32, F32] | None) -> tuple[F64, F64]:
    if plate is None:
        return np.ones((len(cells), 3)), np.zeros(len(cells))
    y, x = cells.position[:, 0], cells.position[:, 1]
    return plate[0][y, x].astype(np.float64), plate[1][y, x].astype(np.float64)
