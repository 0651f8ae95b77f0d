"""Conjugate gradients on the cell system with a block multigrid V-cycle as preconditioner (3 to 5 iterations).

Aggregation of 2 x 2 cells with over-correction, one Gauss-Seidel sweep down and one up (after Braess 1995,
"Towards algebraic multigrid for elliptic problems of second order"). All levels lie in one stack of arrays, so that a
whole solve is one call of compiled code, and an absent neighbour is the row of zeros at its end, so that no sweep
branches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from services.matting.arrays import F64, I32, RELAXED
from services.matting.field import blocks
from services.matting.field.cells import Cells, from_mask

U32 = NDArray[np.uint32]

_MAX_LEVELS = 8
_SMALL = 60
_OVERCORRECTION = 1.6


@dataclass(frozen=True)
class Hierarchy:
    """All levels, finest first. starts: int64 (levels + 1,), the first row of each. With m rows in all: diagonal and
    inverse (m, 10), edges (m + 1, 4, 10), as in blocks; parent: int32 (m,), row on the next level; links: uint32
    (m, 8), rows of the neighbours in raster order, m where absent."""

    starts: NDArray[np.int64]
    diagonal: F64
    inverse: F64
    edges: F64
    parent: I32
    links: U32


def hierarchy(cells: Cells, diagonal: F64, edges: F64) -> Hierarchy:
    """diagonal (n, 10), edges (n, 4, 10): the system of the cells, see blocks."""
    graphs, parents = [cells], []
    while len(graphs) < _MAX_LEVELS and len(graphs[-1]) > _SMALL:
        half = graphs[-1].position >> 1
        rows, columns = graphs[-1].shape
        mask = np.zeros(((rows + 1) // 2, (columns + 1) // 2), np.uint8)
        mask[half[:, 0], half[:, 1]] = 1
        coarse = from_mask(mask, 1)
        parents.append(coarse.index[half[:, 0], half[:, 1]])
        graphs.append(coarse)
    starts = np.cumsum([0, *map(len, graphs)]).astype(np.int64)
    count = int(starts[-1])
    all_diagonal, all_edges = np.empty((count, 10)), np.empty((count + 1, 4, 10))
    all_diagonal[: len(cells)], all_edges[: len(cells)], all_edges[count] = diagonal, edges, 0
    for level, (fine, parent, coarse) in enumerate(zip(graphs, parents, graphs[1:], strict=False)):
        here, there = (slice(starts[at], starts[at + 1]) for at in (level, level + 1))
        blocks.coarsen(
            all_diagonal[here], all_edges[here], fine.neighbours, parent, coarse.neighbours, all_diagonal[there],
            all_edges[there],
        )  # fmt: skip
    parent = np.concatenate([each + starts[at + 1] for at, each in enumerate(parents)] or [starts[:0]])
    links = np.concatenate([
        np.where(graph.neighbours < 0, count, graph.neighbours + start)
        for graph, start in zip(graphs, starts, strict=False)
    ])  # fmt: skip
    around = np.ascontiguousarray(np.delete(links, 4, 1), np.uint32)
    return Hierarchy(starts, all_diagonal, blocks.inverted(all_diagonal), all_edges, parent.astype(np.int32), around)


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _neighbours(edges: F64, links: U32, z: F64, k: int, first: int, last: int) -> tuple[float, float, float, float]:
    """Sum of block times z (m + 1, 4) over the neighbours first to last - 1 of row k."""
    t0 = t1 = t2 = t3 = 0.0
    for place in range(first, last):
        j = links[k, place]
        if place < 4:  # the block is kept with the earlier of the two
            at, e = np.int64(j), 3 - place
        else:
            at, e = k, place - 4
        v0, v1, v2, v3 = z[j, 0], z[j, 1], z[j, 2], z[j, 3]
        m1, m2, m3 = edges[at, e, 1], edges[at, e, 2], edges[at, e, 3]
        m5, m6, m8 = edges[at, e, 5], edges[at, e, 6], edges[at, e, 8]
        t0 += edges[at, e, 0] * v0 + m1 * v1 + m2 * v2 + m3 * v3
        t1 += m1 * v0 + edges[at, e, 4] * v1 + m5 * v2 + m6 * v3
        t2 += m2 * v0 + m5 * v1 + edges[at, e, 7] * v2 + m8 * v3
        t3 += m3 * v0 + m6 * v1 + m8 * v2 + edges[at, e, 9] * v3
    return t0, t1, t2, t3


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _smoothed(inverse: F64, edges: F64, links: U32, right: F64, z: F64, k: int, last: int) -> None:
    """One block of a Gauss-Seidel sweep, with the first `last` neighbours; the others count as zero."""
    t0, t1, t2, t3 = _neighbours(edges, links, z, k, 0, last)
    t0, t1, t2, t3 = t0 + right[k, 0], t1 + right[k, 1], t2 + right[k, 2], t3 + right[k, 3]
    m1, m2, m3, m5, m6, m8 = inverse[k, 1], inverse[k, 2], inverse[k, 3], inverse[k, 5], inverse[k, 6], inverse[k, 8]
    z[k, 0] = inverse[k, 0] * t0 + m1 * t1 + m2 * t2 + m3 * t3
    z[k, 1] = m1 * t0 + inverse[k, 4] * t1 + m5 * t2 + m6 * t3
    z[k, 2] = m2 * t0 + m5 * t1 + inverse[k, 7] * t2 + m8 * t3
    z[k, 3] = m3 * t0 + m6 * t1 + m8 * t2 + inverse[k, 9] * t3


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _cycle(starts: I32, inverse: F64, edges: F64, parent: I32, links: U32, right: F64, z: F64) -> None:
    """One V-cycle: z (m + 1, 4) of the finest level from its right (m + 1, 4); the last row of z stays zero."""
    last = len(starts) - 2
    for at in range(last):
        for k in range(starts[at + 1], starts[at + 2]):
            right[k, 0] = right[k, 1] = right[k, 2] = right[k, 3] = 0.0
        for k in range(starts[at], starts[at + 1]):
            _smoothed(inverse, edges, links, right, z, k, 4)
        for k in range(starts[at], starts[at + 1]):
            # What is left of the right side after a sweep from zero: the terms of the later neighbours.
            t0, t1, t2, t3 = _neighbours(edges, links, z, k, 4, 8)
            j = parent[k]
            right[j, 0] += t0
            right[j, 1] += t1
            right[j, 2] += t2
            right[j, 3] += t3
    for k in range(starts[last], starts[last + 1]):
        z[k, 0] = z[k, 1] = z[k, 2] = z[k, 3] = 0.0
    for _ in range(4):
        for k in range(starts[last], starts[last + 1]):
            _smoothed(inverse, edges, links, right, z, k, 8)
        for k in range(starts[last + 1] - 1, starts[last] - 1, -1):
            _smoothed(inverse, edges, links, right, z, k, 8)
    for at in range(last - 1, -1, -1):
        for k in range(starts[at], starts[at + 1]):
            j = parent[k]
            for c in range(4):
                z[k, c] += _OVERCORRECTION * z[j, c]
        for k in range(starts[at + 1] - 1, starts[at] - 1, -1):
            _smoothed(inverse, edges, links, right, z, k, 8)


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _product(diagonal: F64, edges: F64, links: U32, step: F64, out: F64) -> float:
    """out (n, 4) = A step for step (m + 1, 4), whose last row is zero; returns step . A step."""
    dot = 0.0
    for k in range(len(out)):
        s0, s1, s2, s3 = _neighbours(edges, links, step, k, 0, 8)
        v0, v1, v2, v3 = step[k, 0], step[k, 1], step[k, 2], step[k, 3]
        m1, m2, m3 = diagonal[k, 1], diagonal[k, 2], diagonal[k, 3]
        m5, m6, m8 = diagonal[k, 5], diagonal[k, 6], diagonal[k, 8]
        t0 = diagonal[k, 0] * v0 + m1 * v1 + m2 * v2 + m3 * v3 - s0
        t1 = m1 * v0 + diagonal[k, 4] * v1 + m5 * v2 + m6 * v3 - s1
        t2 = m2 * v0 + m5 * v1 + diagonal[k, 7] * v2 + m8 * v3 - s2
        t3 = m3 * v0 + m6 * v1 + m8 * v2 + diagonal[k, 9] * v3 - s3
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = t0, t1, t2, t3
        dot += t0 * v0 + t1 * v1 + t2 * v2 + t3 * v3
    return dot


@njit(cache=True, nogil=True, fastmath=RELAXED)
def _conjugate(
    starts: I32, diagonal: F64, inverse: F64, edges: F64, parent: I32, links: U32, right: F64, tolerance: float,
    most: int,
) -> tuple[F64, int]:  # fmt: skip
    count, rows = len(right), len(diagonal) + 1
    z, image = np.zeros((count, 4)), np.empty((count, 4))
    rest, correction, step = np.zeros((rows, 4)), np.zeros((rows, 4)), np.zeros((rows, 4))
    rest[:count] = right
    rho = start = 0.0
    for iterations in range(most + 1):
        _cycle(starts, inverse, edges, parent, links, rest, correction)
        fresh = 0.0
        for k in range(count):
            for c in range(4):
                fresh += rest[k, c] * correction[k, c]
        share = 0.0 if iterations == 0 else fresh / rho
        for k in range(count):
            for c in range(4):
                step[k, c] = share * step[k, c] + correction[k, c]
        rho = fresh
        if iterations == 0:
            start = rho
        if iterations == most or rho <= 0 or rho < tolerance * tolerance * start:
            return z, iterations
        curvature = _product(diagonal, edges, links, step, image)
        if curvature <= 0:
            return z, iterations
        length = rho / curvature
        for k in range(count):
            for c in range(4):
                z[k, c] += length * step[k, c]
                rest[k, c] -= length * image[k, c]
    return z, most


def solve(levels: Hierarchy, right: F64, tolerance: float = 1e-3, most: int = 30) -> tuple[F64, int]:
    """z float64 (n, 4) with A z = right to the relative tolerance in the preconditioned norm, and the iterations."""
    z, iterations = _conjugate(
        levels.starts, levels.diagonal, levels.inverse, levels.edges, levels.parent, levels.links, right, tolerance,
        most,
    )  # fmt: skip
    return z, int(iterations)
