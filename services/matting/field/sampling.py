"""Reading a coarse map at the pixels of the photo, without a full-size copy of it."""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32, I32


@njit(cache=True, nogil=True, inline="always")
def bilinear(grid: F32, y: int, x: int, scale_y: float, scale_x: float) -> float:
    """The map (h, w) at pixel (y, x) of the photo; scale is map pixels per photo pixel, pixel centres at .5."""
    height, width = grid.shape
    v, u = (y + 0.5) * scale_y - 0.5, (x + 0.5) * scale_x - 0.5
    v, u = min(max(v, 0.0), height - 1.0), min(max(u, 0.0), width - 1.0)
    top, left = int(v), int(u)
    low, right = min(top + 1, height - 1), min(left + 1, width - 1)
    v -= top
    u -= left
    upper = grid[top, left] * (1 - u) + grid[top, right] * u
    lower = grid[low, left] * (1 - u) + grid[low, right] * u
    return float(upper * (1 - v) + lower * v)


@njit(cache=True, nogil=True)
def steps(count: int, pixels: int) -> tuple[I32, F32]:
    """Where the pixels of one axis of the photo lie in a map of `count` rows or columns: the one before, int32
    (pixels,), and the share of the one after it, float32 (pixels,)."""
    before, share = np.empty(pixels, np.int32), np.empty(pixels, np.float32)
    scale = count / pixels
    for x in range(pixels):
        u = min(max((x + 0.5) * scale - 0.5, 0.0), count - 1.0)
        before[x] = int(u)
        share[x] = u - int(u)
    return before, share


@njit(cache=True, nogil=True, inline="always")
def across(grid: F32, top: int, share: float, first: int, last: int, out: F32) -> None:
    """The map's columns first to last, and the next one, between its rows `top` and `top` + 1, into out."""
    low, end = min(top + 1, grid.shape[0] - 1), grid.shape[1] - 1
    for column in range(first, last + 2):
        at = min(column, end)
        upper = grid[top, at]
        out[column - first] = upper + (grid[low, at] - upper) * share
