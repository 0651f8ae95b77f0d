"""Square cells that touch the unknown band: the unknowns of the affine field.

Everything the solver does per pixel happens inside these cells, so its cost follows the band and not the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from services.matting.arrays import I32, U8


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
def unknown_cells(trimap: U8, size: int) -> U8:
    """uint8 (rows, columns), 1 where a cell holds a pixel that is neither 0 nor 255.

    Eight pixels are looked at as one word first: most words of a trimap are all 0 or all 255.
    """
    height, width = trimap.shape
    rows, columns = (height + size - 1) // size, (width + size - 1) // size
    out = np.zeros((rows, columns), np.uint8)
    words = width // 8
    full = np.uint64(0xFFFFFFFFFFFFFFFF)
    for y in range(height):
        row = out[y // size]
        line = trimap[y, : 8 * words].view(np.uint64)
        for w in range(words):
            if line[w] == 0 or line[w] == full:
                continue
            for x in range(8 * w, 8 * w + 8):
                if 0 < trimap[y, x] < 255:
                    row[x // size] = 1
        for x in range(8 * words, width):
            if 0 < trimap[y, x] < 255:
                row[x // size] = 1
    return out


def dilated(mask: U8, ring: int) -> U8:
    """The mask grown by `ring` cells in all eight directions."""
    grown: U8 = cv2.dilate(mask, np.ones((2 * ring + 1, 2 * ring + 1), np.uint8))
    return grown


def from_mask(mask: NDArray[np.uint8], size: int) -> Cells:
    """Cells where the mask is non-zero."""
    position = np.argwhere(mask).astype(np.int32)
    index = np.full(mask.shape, -1, np.int32)
    index[position[:, 0], position[:, 1]] = np.arange(len(position), dtype=np.int32)
    padded = np.pad(index, 1, constant_values=-1)
    neighbours = np.empty((len(position), 9), np.int32)
    for place in range(9):
        neighbours[:, place] = padded[position[:, 0] + place // 3, position[:, 1] + place % 3]
    return Cells(size, position, index, neighbours)
