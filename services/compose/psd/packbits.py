"""PackBits run-length coding of rows (Apple Technical Note TN1023; PSD compression 1)."""

from __future__ import annotations

import numba
import numpy as np


def encode(rows: np.ndarray) -> tuple[memoryview, np.ndarray]:
    """uint8 (n, w) C-contiguous -> all rows coded one after another, and the bytes of each (int64 (n,))."""
    count, width = rows.shape
    out = np.empty(count * (width + width // 128 + 2), np.uint8)
    sizes = np.empty(count, np.int64)
    end = _encode(rows, out, sizes)
    return out[:end].data, sizes


@numba.njit(cache=True, nogil=True)
def _encode(rows, out, sizes):  # type: ignore[no-untyped-def]
    """Runs of three and more become a repeat packet, everything between them literal packets."""
    end = 0
    count, width = rows.shape
    for r in range(count):
        row = rows[r]
        start = end
        x = literal = 0
        while x + 2 < width:
            # A run from x or from x + 1 on needs these two to be equal; so noise is passed two bytes at a time.
            if row[x + 1] != row[x + 2]:
                x += 2
                continue
            if row[x] != row[x + 1]:
                x += 1
                continue
            value = row[x]
            run, last = x + 3, min(width, x + 128)
            while run < last and row[run] == value:
                run += 1
            end = _literals(row, literal, x, out, end)
            out[end] = 257 - (run - x)
            out[end + 1] = value
            end += 2
            x = literal = run
        end = _literals(row, literal, width, out, end)
        sizes[r] = end - start
    return end


@numba.njit(cache=True, nogil=True)
def _literals(row, first, last, out, end):  # type: ignore[no-untyped-def]
    while first < last:
        size = min(last - first, 128)
        out[end] = size - 1
        out[end + 1 : end + 1 + size] = row[first : first + size]
        end += size + 1
        first += size
    return end
