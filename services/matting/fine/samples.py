"""Alpha of a pixel from pairs of known colours near it, after shared sampling (Gastal and Oliveira 2010).

Rays from each unknown pixel find known foreground and background; the pair that explains the pixel's colour best is
its own. Then every pixel tries the pairs of its neighbours and keeps the three best: good pairs spread.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from services.matting.arrays import F32, I32, RELAXED, U8

RAYS = 4
# Rays of neighbouring pixels start at other angles, so that together they look everywhere.
_PATTERN = 3
_SLOW, _STRIDE = 8.0, 2.0
_FIT = 400.0  # exponent of the trust in a pair, per squared colour error
_APART = 0.01  # squared distance of a pair's colours at which it counts half
_FAR = 0.1


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _explained(r: float, g: float, b: float, pair: F32) -> tuple[float, float, float]:
    """(alpha, squared error of the colour, squared distance of the pair) of one colour by a pair (6,)."""
    e0, e1, e2 = pair[0] - pair[3], pair[1] - pair[4], pair[2] - pair[5]
    square = e0 * e0 + e1 * e1 + e2 * e2
    d0, d1, d2 = r - pair[3], g - pair[4], b - pair[5]
    alpha = min(1.0, max(0.0, (e0 * d0 + e1 * d1 + e2 * d2) / (square + 1e-4)))
    f0, f1, f2 = d0 - alpha * e0, d1 - alpha * e1, d2 - alpha * e2
    return alpha, f0 * f0 + f1 * f1 + f2 * f2, square


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _first(trimap: U8, y: int, x: int, angle: float, reach: float, wanted: int) -> tuple[int, int, float]:
    """(row, column, distance) of the first pixel of the wanted trimap value along a ray; row -1 where there is none."""
    height, width = trimap.shape
    dx, dy = math.cos(angle), math.sin(angle)
    t = 0.0
    while t < reach:
        t += _STRIDE if t > _SLOW else 1.0
        v, u = math.floor(y + dy * t + 0.5), math.floor(x + dx * t + 0.5)
        if v < 0 or u < 0 or v >= height or u >= width:
            break
        if trimap[v, u] == wanted:
            return v, u, t
    return -1, -1, 0.0


@njit(cache=True, nogil=True, fastmath=RELAXED)
def pairs(rgb: U8, lut: F32, trimap: U8, position: I32, reach: float, out: F32) -> None:
    """Writes out float32 (n, 6), foreground and background colour of each unknown pixel; -1 first where none.

    rgb uint8 (H, W, 3); lut float32 (256,); trimap uint8 (H, W); position int32 (n, 2); reach in pixels.
    """
    seen, far = np.empty((2, RAYS, 3), np.float32), np.empty((2, RAYS), np.float32)
    pair = np.empty(6, np.float32)
    for k in range(len(position)):
        y, x = position[k, 0], position[k, 1]
        out[k, 0] = -1
        if (x + y) % 2:  # its neighbours' pairs will do
            continue
        start = 2 * math.pi / RAYS * ((x % _PATTERN) + _PATTERN * (y % _PATTERN)) / (_PATTERN * _PATTERN)
        found = [0, 0]
        for ray in range(RAYS):
            for side in range(2):
                wanted = 255 if side == 0 else 0
                v, u, t = _first(trimap, y, x, start + 2 * math.pi * ray / RAYS, reach, wanted)
                if v >= 0:
                    for c in range(3):
                        seen[side, found[side], c] = lut[rgb[v, u, c]]
                    far[side, found[side]] = t
                    found[side] += 1
        fronts, backs = found
        if fronts == 0 or backs == 0:
            continue
        near_front, near_back = far[0, :fronts].min(), far[1, :backs].min()
        r, g, b = lut[rgb[y, x, 0]], lut[rgb[y, x, 1]], lut[rgb[y, x, 2]]
        best = np.inf
        for i in range(fronts):
            for j in range(backs):
                for c in range(3):
                    pair[c], pair[3 + c] = seen[0, i, c], seen[1, j, c]
                _, error, _ = _explained(r, g, b, pair)
                cost = 20 * math.sqrt(error) + _FAR * (far[0, i] / near_front + far[1, j] / near_back)
                if cost < best:
                    best = cost
                    out[k] = pair


@njit(cache=True, nogil=True, fastmath=RELAXED)
def shared(rgb: U8, lut: F32, index: I32, position: I32, found: F32, reach: int, alpha: F32, trust: F32) -> None:
    """Writes alpha and trust, float32 (n,) in [0, 1], from the pairs (n, 6) of all unknown pixels within `reach`."""
    height, width = index.shape
    cost, value, weight = np.empty(3, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    for k in range(len(position)):
        y, x = position[k, 0], position[k, 1]
        r, g, b = lut[rgb[y, x, 0]], lut[rgb[y, x, 1]], lut[rgb[y, x, 2]]
        cost[:] = np.float32(1e9)
        count = 0
        for v in range(max(0, y - reach), min(height, y + reach + 1)):
            for u in range(max(0, x - reach), min(width, x + reach + 1)):
                j = index[v, u]
                if j < 0 or found[j, 0] < 0:
                    continue
                told, error, square = _explained(r, g, b, found[j])
                if error >= cost[2]:
                    continue
                place = 2
                while place > 0 and error < cost[place - 1]:
                    cost[place], value[place], weight[place] = cost[place - 1], value[place - 1], weight[place - 1]
                    place -= 1
                cost[place], value[place] = error, told
                weight[place] = math.exp(-_FIT * error) * square / (square + _APART)
                count = min(3, count + 1)
        alpha[k], trust[k] = 0.5, 0
        if count:
            total = weighted = sure = 0.0
            for place in range(count):
                total += weight[place] + 1e-3
                weighted += value[place] * (weight[place] + 1e-3)
                sure += weight[place]
            alpha[k], trust[k] = weighted / total, sure / count
