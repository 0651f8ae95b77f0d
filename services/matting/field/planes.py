"""Local background colours: a plane of known background around every cell, from near cells first.

A weighted plane fit per cell over a Gaussian 7 x 7 window of cell sums, repeated on pooled sums until the evidence
suffices. With a studio plate the plane is fitted to photo / plate, so that falloff comes from the plate, shadows from
the photo, and far from any known background the plate alone speaks.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, F64, I32, RELAXED, U8
from services.matting.field import pyramid
from services.matting.field.cells import BACK, FRONT, Cells, kinds_or_any

REACH = 6
STEP = 2
SPREAD = 4.0  # squared cells
SLOPE_RIDGE = 0.3
# What the plate's certainty counts against that of a plane found in the photo. Little: it does not know the shadows.
PLATE_SAY = 0.0002


@njit(cache=True, nogil=True, inline="always")
def _flags(trimap: U8, alpha: F32, below: float, y: int, left: int, step: int, out: U8) -> None:
    """1 for background at every `step`-th pixel of row y, from one before `left` on; beyond the photo too."""
    height, width = trimap.shape
    for i in range(len(out)):
        x = left + step * (i - 1)
        if y < 0 or y >= height or x < 0 or x >= width:
            out[i] = 1
        else:
            value = trimap[y, x]
            out[i] = value == 0 or (value < 255 and alpha[y, x] < below)


@njit(cache=True, nogil=True, inline="always")
def _plain(kinds: U8, row: int, column: int) -> bool:
    """True where a cell and the four beside it hold known background and nothing else."""
    rows, columns = kinds.shape
    return bool(
        kinds[row, column] == BACK
        and kinds[max(0, row - 1), column] == BACK
        and kinds[min(rows - 1, row + 1), column] == BACK
        and kinds[row, max(0, column - 1)] == BACK
        and kinds[row, min(columns - 1, column + 1)] == BACK
    )


@njit(cache=True, nogil=True, fastmath=RELAXED)
def background_sums(
    rgb: U8, lut: F32, trimap: U8, alpha: F32, below: float, kinds: U8, position: I32, size: int, step: int, out: F32
) -> None:
    """Adds into out (rows, columns, 7): count, r, g, b, sum x, sum y, sum of squared luminance, every `step` pixels.

    Background is known background, and unknown pixels whose alpha (float32 (H, W)) is under `below`; pixels with
    anything else one step away are left out, they may be mixed. kinds: uint8 (rows, columns), see Cells.
    """
    height, width = trimap.shape
    flags = np.empty((3, (size + step - 1) // step + 2), np.uint8)
    third = np.float32(1 / 3)
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        end, bottom = min(width, left + size), min(height, top + size)
        if kinds[position[k, 0], position[k, 1]] == FRONT:
            continue
        plain = _plain(kinds, position[k, 0], position[k, 1])
        count = across = down = 0
        r = g = b = square = np.float32(0)
        if not plain:
            _flags(trimap, alpha, below, top - step, left, step, flags[0])
            _flags(trimap, alpha, below, top, left, step, flags[1])
        before = here = after = flags[0]
        for n in range((bottom - top + step - 1) // step):
            y = top + step * n
            if not plain:
                before, here, after = flags[n % 3], flags[(n + 1) % 3], flags[(n + 2) % 3]
                _flags(trimap, alpha, below, y + step, left, step, after)
            pixels = rgb[y, left:end:step]
            for i in range(len(pixels)):
                if not plain and not (here[i + 1] and here[i] and here[i + 2] and before[i + 1] and after[i + 1]):
                    continue
                red, green, blue = lut[pixels[i, 0]], lut[pixels[i, 1]], lut[pixels[i, 2]]
                mean = (red + green + blue) * third
                r += red
                g += green
                b += blue
                square += mean * mean
                count += 1
                across += left + step * i
                down += y
        row = out[position[k, 0], position[k, 1]]
        row[0] += count
        row[1] += r
        row[2] += g
        row[3] += b
        row[4] += across
        row[5] += down
        row[6] += square


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _falloff(square: float) -> float:
    """exp(-square / (2 SPREAD)) to 1e-6 for the squared distances of a 7 x 7 window."""
    v = square * (-1 / (32 * SPREAD))
    power = 1 + v * (1 + v * (1 / 2 + v * (1 / 6 + v * (1 / 24 + v * (1 / 120 + v * (1 / 720))))))
    power *= power
    power *= power
    power *= power
    return power * power


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _fit_level(  # noqa: PLR0915 - sums by name stay in registers, an array of them does not
    sums: F32, level: int, position: I32, size: int, enough: float, last: bool, colour: F64, spread: F64, trust: F64,
    far: F64,
) -> None:  # fmt: skip
    rows, columns, _ = sums.shape
    scale = 1 << level
    per_edge = 1.0 / (size * scale)
    for k in range(len(position)):
        if trust[k] >= 1.0:
            continue
        py, px = (position[k, 0] + 0.5) * size - 0.5, (position[k, 1] + 0.5) * size - 0.5
        cy, cx = position[k, 0] // scale, position[k, 1] // scale
        total = sx = sy = sxx = sxy = syy = square = 0.0
        c0 = c1 = c2 = u0 = u1 = u2 = v0 = v1 = v2 = 0.0
        for y in range(max(0, cy - 3), min(rows, cy + 4)):
            for x in range(max(0, cx - 3), min(columns, cx + 4)):
                count = sums[y, x, 0]
                if count <= 0:
                    continue
                each = 1 / count
                dx, dy = (sums[y, x, 4] * each - px) * per_edge, (sums[y, x, 5] * each - py) * per_edge
                per = _falloff(dx * dx + dy * dy)
                weight = count * per
                across, down = weight * dx, weight * dy
                total += weight
                sx += across
                sy += down
                sxx += across * dx
                sxy += across * dy
                syy += down * dy
                square += per * sums[y, x, 6]
                r, g, b = per * sums[y, x, 1], per * sums[y, x, 2], per * sums[y, x, 3]
                c0 += r
                c1 += g
                c2 += b
                u0 += r * dx
                u1 += g * dx
                u2 += b * dx
                v0 += r * dy
                v1 += g * dy
                v2 += b * dy
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
        for c, (centre, slope_x, slope_y) in enumerate(((c0, u0, v0), (c1, u1, v1), (c2, u2, v2))):
            m = centre / total
            hx, hy = slope_x / total - mx * m, slope_y / total - my * m
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
) -> tuple[F32, F32, F32]:
    """Background colour of every active cell.

    near: cells to gather from. plate: linear (rows, columns, 3) and sigma (rows, columns) of the clean paper at the
    centres of the whole grid, or None.
    Returns colour float32 (n, 3) in linear light, its standard deviation float32 (n,) (texture and noise about the
    plane), and known float32 (n,), 1 where any evidence was found.
    """
    count = len(cells)
    sums = np.zeros((*cells.shape, 7), np.float32)
    background_sums(rgb, lut, trimap, alpha, below, kinds_or_any(near), near.position, cells.size, STEP, sums)
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
        share = (local / (local + PLATE_SAY / relative))[:, None]
        colour = (share * colour + 1 - share) * paper
        spread = np.where(found, spread, relative) * light**2
        found |= True
    return (
        np.clip(colour, 0, 1).astype(np.float32),
        np.sqrt(spread).astype(np.float32),
        found.astype(np.float32),
    )


def _plate_at(cells: Cells, plate: tuple[F32, F32] | None) -> tuple[F64, F64]:
    if plate is None:
        return np.ones((len(cells), 3)), np.zeros(len(cells))
    y, x = cells.position[:, 0], cells.position[:, 1]
    return plate[0][y, x].astype(np.float64), plate[1][y, x].astype(np.float64)
