"""Sums over cells, pooled to ever larger cells: near evidence first, far evidence where there is nothing near."""

from __future__ import annotations

import numpy as np
from numba import njit

from services.matting.arrays import F32

MAX_LEVELS = 10


@njit(cache=True, nogil=True)
def pooled(sums: F32) -> F32:
    """float32 (rows, columns, k) summed over 2 x 2 cells."""
    rows, columns, count = sums.shape
    out = np.zeros(((rows + 1) // 2, (columns + 1) // 2, count), np.float32)
    for y in range(rows):
        for x in range(columns):
            for k in range(count):
                out[y // 2, x // 2, k] += sums[y, x, k]
    return out


def is_last(sums: F32, level: int, reach: int) -> bool:
    """True when a window of `reach` cells to each side sees the whole photo, or as much of it as is worth it."""
    return max(sums.shape[:2]) <= reach + 1 or level >= MAX_LEVELS - 1
