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


@dataclass(frozen=True)
class Cells:
    """Active cells of a grid of `size` x `size` pixel cells.

    position: int32 (n, 2), row and column in the grid, in raster order. index: int32 (rows, columns), -1 where there
    is none. neighbours: int32 (n, 9), the 3 x 3 surroundings in raster order, -1 where absent; entry 4 is the cell.
    """

    size: int
    position: I32
    index: I32
    neighbours: I32

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
def unknown_cells(trimap: U8, size: int, alpha: F32) -> U8:  # noqa: PLR0912 - words first, then what is left of a row
    """uint8 (rows, columns), 1 where a cell holds a pixel that is neither 0 nor 255; writes 1 to alpha at 255.

    alpha: float32 (H, W), or (0, 0) for none. Eight pixels are looked at as one word first: most words of a trimap are
    all 0 or all 255.
    """
    height, width = trimap.shape
    rows, columns = (height + size - 1) // size, (width + size - 1) // size
    out = np.zeros((rows, columns), np.uint8)
    column = np.empty(width, np.int32)
    for x in range(width):
        column[x] = x // size
    words, full, one = width // 8, np.uint64(0xFFFFFFFFFFFFFFFF), np.float32(1)
    write = alpha.size > 0
    for y in range(height):
        cell = out[y // size]
        pixels = trimap[y]
        line = pixels[: 8 * words].view(np.uint64)
        solid = alpha[y] if write else alpha.reshape(-1)
        for w in range(words):
            if line[w] == 0:
                continue
            if line[w] == full:
                if write:
                    for x in range(8 * w, 8 * w + 8):
                        solid[x] = one
                continue
            for x in range(8 * w, 8 * w + 8):
                if pixels[x] == 255:
                    if write:
                        solid[x] = one
                elif pixels[x] > 0:
                    cell[column[x]] = 1
        for x in range(8 * words, width):
            if pixels[x] == 255:
                if write:
                    solid[x] = one
            elif pixels[x] > 0:
                cell[column[x]] = 1
    return out


def dilated(mask: U8, ring: int) -> U8:
    """The mask grown by `ring` cells in all eight directions."""
    grown: U8 = cv2.dilate(mask, np.ones((2 * ring + 1, 2 * ring + 1), np.uint8))
    return grown


def from_mask(mask: NDArray[np.uint8], size: int) -> Cells:
    """Cells where the mask is non-zero."""
    position, index, neighbours = _numbered(np.ascontiguousarray(mask, np.uint8))
    return Cells(size, position, index, neighbours)


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
