"""How much single pixels of the paper scatter at the photo's own size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.kit.pictures.colour import to_linear

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

TILE = 32
GRID = 12
FLOOR_CODES = 0.5  # rounding to 8 bits and JPEG leave at least about this many codes
DARKEST = 4e-4


def shot_noise(rgb: U8, paper: F32) -> float:
    """k in sigma = k * sqrt(linear light): the photo's noise on its paper.

    rgb: uint8 (H, W, 3). paper: float32 (h, w), weight of the paper at any lower size. Differences of neighbours on a
    grid of small tiles that lie on paper (Immerkaer 1996 in one dimension), median over the tiles. 0 if none lies
    on paper.
    """
    height, width = paper.shape
    found = []
    for i in range(GRID):
        for j in range(GRID):
            y, x = round((i + 0.5) / GRID * rgb.shape[0]), round((j + 0.5) / GRID * rgb.shape[1])
            row, column = int((i + 0.5) / GRID * height), int((j + 0.5) / GRID * width)
            if paper[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].min() < 0.2:
                continue
            tile = to_linear(rgb[max(0, y - TILE // 2) : y + TILE // 2, max(0, x - TILE // 2) : x + TILE // 2])
            if tile.shape[1] < 3 or tile.min() >= 0.99:
                continue
            bend = tile[:, 2:] - 2 * tile[:, 1:-1] + tile[:, :-2]
            found.append(1.4826 * np.median(np.abs(bend)) / np.sqrt(6) / np.sqrt(max(float(tile.mean()), DARKEST)))
    return float(np.median(found)) if found else 0.0


def sigma(linear: F32, noise: float, residual: float) -> F32:
    """Standard deviation of a paper pixel, float32 (h, w): sensor noise, rounding and the fit's own error."""
    light = (linear[..., 0] + linear[..., 1] + linear[..., 2]) * np.float32(1 / 3)
    square = noise**2 * np.maximum(light, DARKEST) + rounding(light) ** 2 + (residual * light) ** 2
    return np.asarray(np.sqrt(square), np.float32)


def rounding(light: np.float32 | F32) -> F32:
    """Half an 8-bit sRGB code in linear light at that linear level."""
    slope = np.where(light < 0.0031308, 1 / 12.92, 2.4 / 1.055 * np.power(light, 1 - 1 / 2.4))
    return np.asarray(FLOOR_CODES / 255 * slope, np.float32)
