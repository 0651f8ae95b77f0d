"""A sparse symmetric system of packed 4 x 4 blocks on the cell graph: assembly, product, Gauss-Seidel, coarsening.

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


@njit(cache=True, nogil=True, fastmath=RELAXED, inline="always")
def _times(m: F64, v0: float, v1: float, v2: float, v3: float) -> tuple[float, float, float, float]:
    return (
        m[0] * v0 + m[1] * v1 + m[2] * v2 + m[3] * v3,
        m[1] * v0 + m[4] * v1 + m[5] * v2 + m[6] * v3,
        m[2] * v0 + m[5] * v1 + m[7] * v2 + m[8] * v3,
        m[3] * v0 + m[6] * v1 + m[8] * v2 + m[9] * v3,
    )


@njit(cache=True, nogil=True, fastmath=RELAXED)
def pull(every: F64, towards: F64, weight: F64, diagonal: F64, right: F64) -> None:
    """Adds weight (n,) times the squared difference, over all pixels, to a field of slopes (n, 3) without constant."""
    for k in range(len(every)):
        w = weight[k]
        for c in range(10):
            diagonal[k, c] += w * every[k, c]
        t0, t1, t2, t3 = _times(every[k], towards[k, 0], towards[k, 1], towards[k, 2], 0.0)
        right[k, 0] += w * t0
        right[k, 1] += w * t1
        right[k, 2] += w * t2
        right[k, 3] += w * t3


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


@njit(cache=True, nogil=True, fastmath=RELAXED)
def product(diagonal: F64, edges: F64, neighbours: I32, z: F64, out: F64) -> float:
    """out = A z for z (n, 4); returns z . A z."""
    dot = 0.0
    for k in range(len(diagonal)):
        t0, t1, t2, t3 = _times(diagonal[k], z[k, 0], z[k, 1], z[k, 2], z[k, 3])
        for place in range(9):
            j = neighbours[k, place]
            if place == 4 or j < 0:
                continue
            block = edges[k, place - 5] if place > 4 else edges[j, 3 - place]
            s0, s1, s2, s3 = _times(block, z[j, 0], z[j, 1], z[j, 2], z[j, 3])
            t0 -= s0
            t1 -= s1
            t2 -= s2
            t3 -= s3
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = t0, t1, t2, t3
        dot += t0 * z[k, 0] + t1 * z[k, 1] + t2 * z[k, 2] + t3 * z[k, 3]
    return dot


@njit(cache=True, nogil=True, fastmath=RELAXED)
def sweep(inverse: F64, edges: F64, neighbours: I32, right: F64, z: F64, forward: bool, from_zero: bool) -> None:
    """One block Gauss-Seidel sweep on A z = right. from_zero: z is all zero, so later neighbours need no look."""
    count = len(inverse)
    for q in range(count):
        k = q if forward else count - 1 - q
        t0, t1, t2, t3 = right[k, 0], right[k, 1], right[k, 2], right[k, 3]
        for place in range(9):
            if from_zero and place > 4:
                break
            j = neighbours[k, place]
            if place == 4 or j < 0:
                continue
            block = edges[k, place - 5] if place > 4 else edges[j, 3 - place]
            s0, s1, s2, s3 = _times(block, z[j, 0], z[j, 1], z[j, 2], z[j, 3])
            t0 += s0
            t1 += s1
            t2 += s2
            t3 += s3
        z[k, 0], z[k, 1], z[k, 2], z[k, 3] = _times(inverse[k], t0, t1, t2, t3)


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
