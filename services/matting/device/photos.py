"""The photos of one call on the device, and the cells of all of them as one graph.

Photos keep their size; their cell grids are padded to one shape (B, rows, columns). Cells of different photos are never
neighbours, so whatever runs on the graph runs on all photos at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from services.matting.arrays import F32, U8

Tensor = Any  # torch is untyped here


@dataclass(frozen=True)
class Loaded:
    """One photo's tensors: rgb uint8 (H, W, 3), trimap uint8 (H, W), prior and belief float32 (h, w)."""

    rgb: Tensor
    trimap: Tensor
    prior: Tensor
    belief: Tensor

    @staticmethod
    def of(rgb: U8, trimap: U8, prior: F32, belief: F32, device: str) -> Loaded:
        return Loaded(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in (rgb, trimap, prior, belief)))


@dataclass(frozen=True)
class Graph:
    """Cells of all photos in raster order, photo after photo. place: int64 (n, 3), photo, row and column. shape: rows
    and columns of the padded grid. neighbours: int64 (n, 9), -1 where absent; entry 4 is the cell itself."""

    size: int
    shape: tuple[int, int]
    place: Tensor
    neighbours: Tensor

    def __len__(self) -> int:
        return int(self.place.shape[0])

    def of_photo(self, number: int) -> Tensor:
        """Row and column of one photo's cells, (m, 2)."""
        return self.place[self.place[:, 0] == number][:, 1:]


def graph(mask: Tensor, size: int) -> Graph:
    """Cells where the mask, bool (B, rows, columns), is set."""
    place = mask.nonzero()
    index = torch.full(mask.shape, -1, dtype=torch.long, device=mask.device)
    index[place[:, 0], place[:, 1], place[:, 2]] = torch.arange(len(place), device=mask.device)
    index = functional.pad(index, (1, 1, 1, 1), value=-1)
    around = [index[place[:, 0], place[:, 1] + down, place[:, 2] + across] for down in range(3) for across in range(3)]
    return Graph(size, (mask.shape[1], mask.shape[2]), place, torch.stack(around, 1))


def unknown(photos: Sequence[Loaded], size: int) -> Tensor:
    """bool (B, rows, columns), set where a cell holds a pixel that is neither 0 nor 255."""
    rows = max(-(-photo.trimap.shape[0] // size) for photo in photos)
    columns = max(-(-photo.trimap.shape[1] // size) for photo in photos)
    out = []
    for photo in photos:
        height, width = photo.trimap.shape
        open_pixels = (photo.trimap > 0) & (photo.trimap < 255)
        padded = functional.pad(open_pixels, (0, columns * size - width, 0, rows * size - height))
        out.append(padded.view(rows, size, columns, size).any(3).any(1))
    return torch.stack(out)


def grown(mask: Tensor, ring: int) -> Tensor:
    """The mask grown by `ring` cells in all eight directions."""
    return functional.max_pool2d(mask[:, None].float(), 2 * ring + 1, 1, ring)[:, 0] > 0


@dataclass(frozen=True)
class Pixels:
    """One pixel in step x step of every cell: y, x int64 and inside bool, all (n, p, p); pixels beyond the photo's rim
    repeat its last row or column. offsets: float32 (p,), where in the cell they lie, -0.5 to 0.5 from its centre."""

    y: Tensor
    x: Tensor
    inside: Tensor
    offsets: Tensor

    @staticmethod
    def of(cells: Graph, photos: Sequence[Loaded], step: int) -> Pixels:
        device = cells.place.device
        at = torch.arange(0, cells.size, step, device=device)
        shapes = torch.tensor([photo.trimap.shape for photo in photos], device=device)[cells.place[:, 0]]
        y, x = cells.place[:, 1, None] * cells.size + at, cells.place[:, 2, None] * cells.size + at
        inside = (y < shapes[:, :1])[:, :, None] & (x < shapes[:, 1:])[:, None, :]
        y, x = torch.minimum(y, shapes[:, :1] - 1), torch.minimum(x, shapes[:, 1:] - 1)
        return Pixels(
            y[:, :, None].expand(inside.shape), x[:, None, :].expand(inside.shape), inside,
            (at.float() + 0.5) / cells.size - 0.5,
        )  # fmt: skip

    def read(self, cells: Graph, photos: Sequence[Loaded], of: Callable[[Loaded, Tensor, Tensor], Tensor]) -> Tensor:
        """What `of` gives for the pixels of each photo, cells in the order of the graph."""
        counts = torch.bincount(cells.place[:, 0], minlength=len(photos)).tolist()
        parts = zip(photos, self.y.split(counts), self.x.split(counts), strict=True)
        return torch.cat([of(photo, y, x) for photo, y, x in parts])


def bilinear(grid: Tensor, y: Tensor, x: Tensor, shape: tuple[int, int]) -> Tensor:
    """The coarse map (h, w) at pixels of a photo of this (H, W), as field.sampling reads it."""
    height, width = grid.shape
    v = ((y.float() + 0.5) * (height / shape[0]) - 0.5).clamp(0, height - 1)
    u = ((x.float() + 0.5) * (width / shape[1]) - 0.5).clamp(0, width - 1)
    top, left = v.long(), u.long()
    low, right = (top + 1).clamp(max=height - 1), (left + 1).clamp(max=width - 1)
    v, u = v - top, u - left
    upper = torch.lerp(grid[top, left], grid[top, right], u)
    return torch.lerp(upper, torch.lerp(grid[low, left], grid[low, right], u), v)


def between(values: Tensor, cells: Graph, offsets: Tensor) -> Tensor:
    """Values (n, c) of the cells interpolated between cell centres, (n, p, p, c); an absent cell repeats the own."""
    own = torch.arange(len(cells), device=values.device)[:, None]
    corners = values[torch.where(cells.neighbours < 0, own, cells.neighbours)].view(len(cells), 3, 3, -1)
    t = offsets
    weights = torch.stack([(-t).clamp(min=0), 1 - t.abs(), t.clamp(min=0)], 1)
    return torch.einsum("yi,xj,nijc->nyxc", weights, weights, corners)
