"""Edge-aware propagation of sparse evidence over a picture, in linear time.

The separable weighted least squares of Min et al., "Fast Global Image Smoothing Based on Weighted Least Squares",
IEEE TIP 2014: alternating tridiagonal solves along rows and columns. Evidence is carried with its mass and divided by
the mass that arrived, so that silent pixels take what reaches them without crossing an edge.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]

ROUNDS = 3


def propagate(evidence: F32, mass: F32, across: F32, down: F32, reach: float) -> tuple[F32, F32]:
    """Spreads `evidence` where its `mass` is, along the picture's smooth paths.

    evidence, mass: float32 (h, w), mass >= 0. across: float32 (h, w), how freely evidence flows between a pixel and
    its right neighbour, 0 to 1 (last column ignored); down: the same to the neighbour below. reach: about how many
    pixels far. Returns the spread evidence (weighted mean) and the mass that arrived.
    """
    carried = np.stack([evidence * mass, mass]).astype(np.float32)
    total = reach * reach
    for turn in range(1, ROUNDS + 1):
        strength = np.float32(1.5 * 4.0 ** (ROUNDS - turn) / (4.0**ROUNDS - 1) * total)
        for plane in carried:
            _rows(plane, across, strength)
            _columns(plane, down, strength)
    arrived = np.maximum(carried[1], np.float32(1e-9))
    return carried[0] / arrived, arrived


@njit(cache=True, nogil=True)
def _rows(plane: F32, flow: F32, strength: np.float32) -> None:
    """(I + strength * L) x = plane along every row, in place (Thomas algorithm)."""
    height, width = plane.shape
    upper = np.empty(width, np.float32)
    for y in range(height):
        left = np.float32(0)
        for x in range(width):
            right = strength * flow[y, x] if x < width - 1 else np.float32(0)
            pivot = 1 + left + right
            if x > 0:
                pivot -= left * upper[x - 1]
                plane[y, x] = (plane[y, x] + left * plane[y, x - 1]) / pivot
            else:
                plane[y, x] /= pivot
            upper[x] = right / pivot
            left = right
        for x in range(width - 2, -1, -1):
            plane[y, x] += upper[x] * plane[y, x + 1]


@njit(cache=True, nogil=True)
def _columns(plane: F32, flow: F32, strength: np.float32) -> None:
    """The same along every column, a row of columns at a time to stay in cache."""
    height, width = plane.shape
    upper = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            above = strength * flow[y - 1, x] if y > 0 else np.float32(0)
            below = strength * flow[y, x] if y < height - 1 else np.float32(0)
            pivot = 1 + above + below
            if y > 0:
                pivot -= above * upper[y - 1, x]
                plane[y, x] = (plane[y, x] + above * plane[y - 1, x]) / pivot
            else:
                plane[y, x] /= pivot
            upper[y, x] = below / pivot
    for y in range(height - 2, -1, -1):
        for x in range(width):
            plane[y, x] += upper[y, x] * plane[y + 1, x]
