"""The block system of the field on tensors, and conjugate gradients with a multigrid V-cycle (see field.multigrid).

Sweeps that take one cell after the other do not suit a GPU: here the smoother is damped block Jacobi, which takes an
iteration or two more to the same solution.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from services.matting.device.photos import Graph, Tensor, graph

_DAMPING = 0.55
_SWEEPS, _LAST_SWEEPS = 2, 12
_OVERCORRECTION = 1.6
_SMALL, _MAX_LEVELS = 60, 8
# How neighbours weigh by place, see field.blocks.assemble: half across a side, a quarter across a corner.
_WEIGHTS = (0.25, 0.5, 0.25, 0.5, 0.0, 0.5, 0.25, 0.5, 0.25)


@dataclass
class Level:
    """diagonal (n, 4, 4); edges (n, 9, 4, 4), the positive blocks that couple with a minus sign; parent (n,) cells of
    the next level, None on the last; inverse (n, 4, 4) of the diagonal; beside (n, 9), neighbours with n for none."""

    cells: Graph
    diagonal: Tensor
    edges: Tensor
    parent: Tensor | None = None

    def __post_init__(self) -> None:
        count = len(self.cells)
        self.beside = torch.where(self.cells.neighbours < 0, count, self.cells.neighbours)
        scale = torch.diagonal(self.diagonal, dim1=1, dim2=2)
        self.inverse = torch.linalg.inv(self.diagonal + torch.diag_embed(scale * 1e-10 + 1e-12))

    def product(self, z: Tensor) -> Tensor:
        """A z for z (n, 4)."""
        around = torch.cat([z, z.new_zeros(1, 4)])[self.beside]
        return torch.einsum("nij,nj->ni", self.diagonal, z) - torch.einsum("ndij,ndj->ni", self.edges, around)

    def smoothed(self, z: Tensor, right: Tensor) -> Tensor:
        return z + _DAMPING * torch.einsum("nij,nj->ni", self.inverse, right - self.product(z))


def assemble(
    cells: Graph, every: Tensor, known: Tensor, smooth: float, ridge: float, offset: Tensor
) -> tuple[Tensor, Tensor]:
    """Diagonal and edges from the moments every and known, (n, 4, 4). offset: (n,), on the constant term per pixel."""
    count = every[:, 3, 3]
    diagonal = known.clone()
    for c in range(3):
        diagonal[:, c, c] += ridge * count
    diagonal[:, 3, 3] += offset * count
    there = cells.neighbours >= 0
    weights = smooth * torch.tensor(_WEIGHTS, dtype=every.dtype, device=every.device) * there
    around = every[cells.neighbours.clamp(min=0)]
    edges = weights[:, :, None, None] * (every[:, None] + around)
    return diagonal + edges.sum(1), edges


def hierarchy(cells: Graph, diagonal: Tensor, edges: Tensor) -> list[Level]:
    """All levels, finest first."""
    levels = [Level(cells, diagonal, edges)]
    while len(levels) < _MAX_LEVELS and len(levels[-1].cells) > _SMALL:
        coarse = _coarser(levels[-1])
        if len(coarse.cells) == len(levels[-1].cells):
            break
        levels.append(coarse)
    return levels


def _coarser(fine: Level) -> Level:
    """Galerkin product with piecewise constant prolongation, 2 x 2 cells to one."""
    place, device = fine.cells.place, fine.diagonal.device
    rows, columns = (fine.cells.shape[0] + 1) // 2, (fine.cells.shape[1] + 1) // 2
    home = torch.stack([place[:, 0], place[:, 1] // 2, place[:, 2] // 2], 1)
    mask = torch.zeros(int(place[:, 0].max()) + 1, rows, columns, dtype=torch.bool, device=device)
    mask[home[:, 0], home[:, 1], home[:, 2]] = True
    cells = graph(mask, 1)
    index = torch.zeros(mask.shape, dtype=torch.long, device=device)
    index[cells.place[:, 0], cells.place[:, 1], cells.place[:, 2]] = torch.arange(len(cells), device=device)
    parent = fine.parent = index[home[:, 0], home[:, 1], home[:, 2]]
    diagonal = torch.zeros(len(cells), 4, 4, dtype=fine.diagonal.dtype, device=device)
    diagonal.index_add_(0, parent, fine.diagonal)
    k, d = (fine.cells.neighbours >= 0).nonzero(as_tuple=True)
    k, d = k[d != 4], d[d != 4]
    own, other = parent[k], parent[fine.cells.neighbours[k, d]]
    block = fine.edges[k, d]
    inner = own == other
    diagonal.index_add_(0, own[inner], -block[inner])
    own, other, block = own[~inner], other[~inner], block[~inner]
    away = cells.place[other, 1:] - cells.place[own, 1:] + 1
    edges = torch.zeros(9 * len(cells), 4, 4, dtype=fine.edges.dtype, device=device)
    edges.index_add_(0, 9 * own + 3 * away[:, 0] + away[:, 1], block)
    return Level(cells, diagonal, edges.view(-1, 9, 4, 4))


def _cycle(levels: list[Level], at: int, right: Tensor) -> Tensor:
    level = levels[at]
    z = _DAMPING * torch.einsum("nij,nj->ni", level.inverse, right)
    last = at + 1 == len(levels)
    for _ in range((_LAST_SWEEPS if last else _SWEEPS) - 1):
        z = level.smoothed(z, right)
    if last:
        return z
    rest = torch.zeros(len(levels[at + 1].cells), 4, dtype=right.dtype, device=right.device)
    rest.index_add_(0, level.parent, right - level.product(z))
    z = z + _OVERCORRECTION * _cycle(levels, at + 1, rest)[level.parent]
    for _ in range(_SWEEPS):
        z = level.smoothed(z, right)
    return z


def solve(levels: list[Level], right: Tensor, tolerance: float = 1e-3, most: int = 60) -> Tensor:
    """z (n, 4) with A z = right, to the relative tolerance in the preconditioned norm."""
    top = levels[0]
    z, rest = torch.zeros_like(right), right.clone()
    correction = _cycle(levels, 0, rest)
    step = correction
    rho = start = float((rest * correction).sum())
    for _ in range(most):
        if not rho > 0 or rho < tolerance * tolerance * start:
            break
        image = top.product(step)
        curvature = float((step * image).sum())
        if curvature <= 0:
            break
        length = rho / curvature
        z = z + length * step
        rest = rest - length * image
        correction = _cycle(levels, 0, rest)
        fresh = float((rest * correction).sum())
        step = correction + fresh / rho * step
        rho = fresh
    return z
