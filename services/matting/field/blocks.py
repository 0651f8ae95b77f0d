"""A sparse symmetric system of packed 4 x 4 blocks on the cell graph: assembly, inverses, coarsening.

Row k couples to its 8 neighbours. `diagonal` is (n, 10); `edges` is (n, 4, 10) for right, lower left, lower, lower
right, stored as the positive block that enters the matrix with a minus sign.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from services.matting.arrays import F64, I32, RELAXED


@njit(cache=True, nogil=True, fastmath=RELAXED)
def assemble(
    every: F64, known: F64, neighbours: I32, smooth: float, ridge: float, offset: F64, edges: F64, diagonal: F64
) -> None:
    """Data, smoothness (neighbouring cells must predict each other's pixels alike) and ridge terms.

    ridge holds the colour slopes, offset (n,) the constant term, both per pixel.
    """
    count = len(every)
    for k in range(count):
        for c in range(10):
            diagonal[k, c] = known[k, c]
        pixels = every[k, 9]
        diagonal[k, 0] += ridge * pixels
        diagonal[k, 4] += ridge * pixels
        diagonal[k, 7] += ridge * pixels
        diagonal[k, 9] += offset[k] * pixels
    for k in range(count):
        for e in range(4):
            j = neighbours[k, 5 + e]
            if j < 0:
                for c in range(10):
                    edges[k, e, c] = 0
                continue
            weight = smooth * (0.5 if e in (0, 2) else 0.25)
            for c in range(10):
                value = weight * (every[k, c] + every[j, c])
                edges[k, e, c] = value
                diagonal[k, c] += value
                diagonal[j, c] += value


@njit(cache=True, nogil=True)
def inverted(blocks: F64) -> F64:  # noqa: PLR0912 - one factorisation in scalar code
    """Packed inverses (n, 10) of positive semi-definite packed blocks, by Cholesky with a tiny ridge."""
    out = np.empty_like(blocks)
    full, low, inverse = np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4))
    for k in range(len(blocks)):
        c = 0
        for i in range(4):
            for j in range(i, 4):
                full[i, j] = full[j, i] = blocks[k, c]
                c += 1
        for i in range(4):
            full[i, i] = full[i, i] * (1 + 1e-10) + 1e-12
        for j in range(4):
            value = full[j, j]
            for t in range(j):
                value -= low[j, t] * low[j, t]
            low[j, j] = math.sqrt(max(value, 1e-14))
            for i in range(j + 1, 4):
                value = full[i, j]
                for t in range(j):
                    value -= low[i, t] * low[j, t]
                low[i, j] = value / low[j, j]
        for j in range(4):
            inverse[j, j] = 1 / low[j, j]
            for i in range(j + 1, 4):
                value = 0.0
                for t in range(j, i):
                    value -= low[i, t] * inverse[t, j]
                inverse[i, j] = value / low[i, i]
        c = 0
        for i in range(4):
            for j in range(i, 4):
                value = 0.0
                for t in range(j, 4):
                    value += inverse[t, i] * inverse[t, j]
                out[k, c] = value
                c += 1
    return out


@njit(cache=True, nogil=True)
def coarsen(
    diagonal: F64, edges: F64, neighbours: I32, parent: I32, coarse_neighbours: I32, out_diagonal: F64, out_edges: F64
) -> None:
    """Galerkin product with piecewise constant prolongation: inner edges vanish, crossing edges add up."""
    out_diagonal[:] = 0
    out_edges[:] = 0
    for k in range(len(diagonal)):
        own = parent[k]
        for c in range(10):
            out_diagonal[own, c] += diagonal[k, c]
        for e in range(4):
            j = neighbours[k, 5 + e]
            if j < 0:
                continue
            other = parent[j]
            if other == own:
                for c in range(10):
                    out_diagonal[own, c] -= 2 * edges[k, e, c]
                continue
            for place in range(9):
                if place != 4 and coarse_neighbours[own, place] == other:
                    for c in range(10):
                        if place > 4:
                            out_edges[own, place - 5, c] += edges[k, e, c]
                        else:
                            out_edges[other, 3 - place, c] += edges[k, e, c]
                    break
