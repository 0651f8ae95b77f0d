"""Square cells that touch the unknown band: the unknowns of the affine field.

Everything the solver does per pixel happens inside these cells, so its cost follows the band and not the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from services.matting.arrays import F32, I32, U8

BACK, FRONT, OPEN = 1, 2, 4


@dataclass(frozen=True)
class Cells:
    """Active cells of a grid of `size` x `size` pixel cells.

    position: int32 (n, 2), row and column in the grid, in raster order. index: int32 (rows, columns), -1 where there
    is none. neighbours: int32 (n, 9), the 3 x 3 surroundings in raster order, -1 where absent; entry 4 is the cell.
    kinds: uint8 (rows, columns), what they hold, see `kinds`; None where nobody looked.
    """

    size: int
    position: I32
    index: I32
    neighbours: I32
    kinds: U8 | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole grid."""
        return self.index.shape[0], self.index.shape[1]

    def __len__(self) -> int:
        return len(self.position)


def cell_size(pixels: int) -> int:
    """The cell edge in pixels for a photo of so many pixels: hair keeps its width in the frame, not in pixels."""
    if pixels < 400_000:
        return 4
    return 8 if pixels < 3_500_000 else 16


@njit(cache=True, nogil=True)
def kinds(trimap: U8, size: int, alpha: F32) -> U8:
    """uint8 (rows, columns): what a cell holds, the sum of BACK, FRONT and OPEN; writes 1 to alpha at 255.

    alpha: float32 (H, W), or (0, 0) for none. Where the cells allow it eight pixels are looked at as one word first:
    most words of a trimap are all 0 or all 255.
    """
    height, width = trimap.shape
    rows, columns = (height + size - 1) // size, (width + size - 1) // size
    out = np.zeros((rows, columns), np.uint8)
    column = np.empty(width, np.int32)
    for x in range(width):
        column[x] = x // size
    words = width // 8 if size % 8 == 0 else 0
    full, one, write = np.uint64(0xFFFFFFFFFFFFFFFF), np.float32(1), alpha.size > 0
    for y in range(height):
        cell = out[y // size]
        pixels = trimap[y]
        line = pixels[: 8 * words].view(np.uint64)
        solid = alpha[y] if write else alpha.reshape(-1)
        for w in range(words):
            if line[w] == 0:
                cell[column[8 * w]] |= BACK
            elif line[w] == full:
                cell[column[8 * w]] |= FRONT
                if write:
                    for x in range(8 * w, 8 * w + 8):
                        solid[x] = one
            else:
                _mark(pixels, 8 * w, 8 * w + 8, column, cell, solid)
        _mark(pixels, 8 * words, width, column, cell, solid)
    return out


@njit(cache=True, nogil=True)
def _mark(pixels: U8, start: int, end: int, column: I32, cell: U8, solid: F32) -> None:
    for x in range(start, end):
        if pixels[x] == 255:
            cell[column[x]] |= FRONT
            if len(solid):
                solid[x] = 1
        else:
            cell[column[x]] |= OPEN if pixels[x] > 0 else BACK


def dilated(mask: U8, ring: int) -> U8:
    """The mask grown by `ring` cells in all eight directions."""
    grown: U8 = cv2.dilate(mask, np.ones((2 * ring + 1, 2 * ring + 1), np.uint8))
    return grown


def from_mask(mask: NDArray[np.uint8], size: int, kinds: U8 | None = None) -> Cells:
    """Cells where the mask is non-zero."""
    return Cells(size, *_numbered(np.ascontiguousarray(mask, np.uint8)), kinds)


@njit(cache=True, nogil=True)
def _numbered(mask: U8) -> tuple[I32, I32, I32]:
    """Position, index and neighbours, see Cells."""
    rows, columns = mask.shape
    index = np.full((rows + 2, columns + 2), -1, np.int32)
    position = np.empty((np.count_nonzero(mask), 2), np.int32)
    count = 0
    for y in range(rows):
        for x in range(columns):
            if mask[y, x]:
                position[count, 0], position[count, 1] = y, x
                index[y + 1, x + 1] = count
                count += 1
    neighbours = np.empty((count, 9), np.int32)
    for k in range(count):
        y, x = position[k, 0], position[k, 1]
        for place in range(9):
            neighbours[k, place] = index[y + place // 3, x + place % 3]
    return position, index[1:-1, 1:-1].copy(), neighbours


def kinds_or_any(cells: Cells) -> U8:
    """The kinds, or 0 for every cell where nobody looked."""
    return np.zeros(cells.shape, np.uint8) if cells.kinds is None else cells.kinds
