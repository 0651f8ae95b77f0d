"""Conjugate gradients on the cell system with a block multigrid V-cycle as preconditioner (3 to 5 iterations).

Aggregation of 2 x 2 cells with over-correction, one Gauss-Seidel sweep down and one up (after Braess 1995,
"Towards algebraic multigrid for elliptic problems of second order").
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from services.matting.arrays import F64, I32
from services.matting.field import blocks
from services.matting.field.cells import Cells, from_mask

_MAX_LEVELS = 8
_SMALL = 60
_OVERCORRECTION = 1.6


@dataclass
class Level:
    """One level of the hierarchy with its work arrays."""

    diagonal: F64
    edges: F64
    neighbours: I32
    parent: I32 | None = None
    inverse: F64 = field(init=False)
    z: F64 = field(init=False)
    right: F64 = field(init=False)
    rest: F64 = field(init=False)

    def __post_init__(self) -> None:
        self.inverse = blocks.inverted(self.diagonal)
        self.z = np.zeros((len(self.diagonal), 4))
        self.right, self.rest = np.zeros_like(self.z), np.zeros_like(self.z)


@njit(cache=True, nogil=True)
def _restrict(fine: F64, parent: I32, coarse: F64) -> None:
    coarse[:] = 0
    for k in range(len(fine)):
        for c in range(4):
            coarse[parent[k], c] += fine[k, c]


@njit(cache=True, nogil=True)
def _prolong(fine: F64, parent: I32, coarse: F64, weight: float) -> None:
    for k in range(len(fine)):
        for c in range(4):
            fine[k, c] += weight * coarse[parent[k], c]


def hierarchy(cells: Cells, diagonal: F64, edges: F64) -> list[Level]:
    """All levels, finest first."""
    levels = [Level(diagonal, edges, cells.neighbours)]
    position, shape = cells.position, cells.shape
    while len(levels) < _MAX_LEVELS and len(position) > _SMALL:
        fine = levels[-1]
        shape = ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
        mask = np.zeros(shape, np.uint8)
        mask[position[:, 0] // 2, position[:, 1] // 2] = 1
        coarse = from_mask(mask, 1)
        parent = coarse.index[position[:, 0] // 2, position[:, 1] // 2]
        fine.parent = parent
        out_diagonal, out_edges = np.empty((len(coarse), 10)), np.empty((len(coarse), 4, 10))
        blocks.coarsen(fine.diagonal, fine.edges, fine.neighbours, parent, coarse.neighbours, out_diagonal, out_edges)
        levels.append(Level(out_diagonal, out_edges, coarse.neighbours))
        position = coarse.position
    return levels


def _cycle(levels: list[Level], at: int) -> None:
    level = levels[at]
    level.z[:] = 0
    if at == len(levels) - 1:
        for _ in range(4):
            blocks.sweep(level.inverse, level.edges, level.neighbours, level.right, level.z, True, False)
            blocks.sweep(level.inverse, level.edges, level.neighbours, level.right, level.z, False, False)
        return
    blocks.sweep(level.inverse, level.edges, level.neighbours, level.right, level.z, True, True)
    blocks.product(level.diagonal, level.edges, level.neighbours, level.z, level.rest)
    np.subtract(level.right, level.rest, out=level.rest)
    assert level.parent is not None
    _restrict(level.rest, level.parent, levels[at + 1].right)
    _cycle(levels, at + 1)
    _prolong(level.z, level.parent, levels[at + 1].z, _OVERCORRECTION)
    blocks.sweep(level.inverse, level.edges, level.neighbours, level.right, level.z, False, False)


def solve(levels: list[Level], right: F64, tolerance: float = 1e-3, most: int = 30) -> tuple[F64, int]:
    """z float64 (n, 4) with A z = right to the relative tolerance in the preconditioned norm, and the iterations."""
    top = levels[0]

    def preconditioned(residual: F64) -> F64:
        top.right[:] = residual
        _cycle(levels, 0)
        return top.z

    z, residual, image = np.zeros_like(right), right.copy(), np.zeros_like(right)
    step = preconditioned(residual).copy()
    rho = start = float((residual * step).sum())
    iterations = 0
    while iterations < most and rho > 0 and rho >= tolerance * tolerance * start:
        curvature = blocks.product(top.diagonal, top.edges, top.neighbours, step, image)
        if curvature <= 0:
            break
        iterations += 1
        length = rho / curvature
        z += length * step
        residual -= length * image
        correction = preconditioned(residual)
        fresh = float((residual * correction).sum())
        step *= fresh / rho
        step += correction
        rho = fresh
    return z, iterations
