"""Reading a coarse map at the pixels of the photo, without a full-size copy of it."""

from __future__ import annotations

from numba import njit

from services.matting.arrays import F32


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
