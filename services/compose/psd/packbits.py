"""PackBits run-length coding of rows (Apple Technical Note TN1023; PSD compression 1)."""

from __future__ import annotations

import numba
import numpy as np


def encode(rows: np.ndarray) -> tuple[bytes, np.ndarray]:
    """uint8 (n, w) C-contiguous -> all rows coded one after another, and the bytes of each (int64 (n,))."""
    count, width = rows.shape
    out = np.empty(count * (width + width // 128 + 2), np.uint8)
    sizes = np.empty(count, np.int64)
    end = _encode(rows, out, sizes)
    return out[:end].tobytes(), sizes


@numba.njit(cache=True, nogil=True)
def _encode(rows, out, sizes):  # type: ignore[no-untyped-def]
    """Runs of three and more become a repeat packet, everything between them literal packets."""
    end = 0
    count, width = rows.shape
    for r in range(count):
        start = end
        x = literal = 0
        while x < width:
            value = rows[r, x]
            run = x + 1
            while run < width and run - x < 128 and rows[r, run] == value:
                run += 1
            if run - x < 3:
                x = run
                continue
            end = _literals(rows[r], literal, x, out, end)
            out[end] = 257 - (run - x)
            out[end + 1] = value
            end += 2
            x = literal = run
        end = _literals(rows[r], literal, width, out, end)
        sizes[r] = end - start
    return end


@numba.njit(cache=True, nogil=True)
def _literals(row, first, last, out, end):  # type: ignore[no-untyped-def]
    while first < last:
        size = min(last - first, 128)
        out[end] = size - 1
        for k in range(size):
            out[end + 1 + k] = row[first + k]
        end += size + 1
        first += size
    return end
