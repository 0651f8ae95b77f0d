"""Surfaces: smooth noise, folds of cloth, rounding towards the outline, weave. Most are factors around 1 on light."""

from __future__ import annotations

import cv2
import numpy as np

from .canvas import Patch
from .types import Array

_COARSE = 4  # slow surfaces are computed on every fourth pixel


def linear(hexadecimal: str) -> Array:
    """'#rrggbb' in sRGB as float32 (3,) in linear light (IEC 61966-2-1)."""
    code = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)], np.float64) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


def noise(rng: np.random.Generator, shape: tuple[int, int], cells_y: float, cells_x: float) -> Array:
    """Smooth noise of mean 0 and deviation about 1, with so many cells down and across; float32 of shape."""
    grid = rng.normal(size=(max(2, round(cells_y)) + 3, max(2, round(cells_x)) + 3)).astype(np.float32)
    big = cv2.resize(grid, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    result: Array = big * np.float32(1.25)
    return result


def folds(rng: np.random.Generator, patch: Patch, *, across: float, down: float, depth: float) -> Array:
    """Shading of folded cloth lit from the upper left: float32 (h, w, 1).

    across and down: folds per unit of length in x and y; depth: strength, about 0.1 to 0.5.
    """
    height, width = (max(8, side // _COARSE) for side in patch.cover.shape)
    long_x = float(patch.x[0, -1] - patch.x[0, 0])
    long_y = float(patch.y[-1, 0] - patch.y[0, 0])
    ground = np.zeros((height, width), np.float32)
    for octave, weight in ((1.0, 1.0), (2.1, 0.42), (4.3, 0.16)):
        ground += weight * noise(rng, (height, width), long_y * down * octave, long_x * across * octave)
    ground = np.sign(ground) * np.abs(ground) ** 0.8
    slope_x = np.gradient(ground, axis=1) * (width / max(long_x, 1e-3)) / across
    slope_y = np.gradient(ground, axis=0) * (height / max(long_y, 1e-3)) / max(down, 1.0)
    shade = 1.0 - depth * np.tanh(0.26 * slope_x + 0.15 * slope_y) + depth * 0.12 * ground
    return _enlarge(np.clip(shade, 0.25, 1.6), patch)


def rounding(patch: Patch, radius: float, unit: float, *, rim: float = 0.55) -> Array:
    """Light falling off towards the outline as on a bulging body: float32 (h, w, 1), rim at the edge and 1 inside."""
    height, width = patch.cover.shape
    small = cv2.resize(patch.cover, (max(4, width // _COARSE), max(4, height // _COARSE)), interpolation=cv2.INTER_AREA)
    solid = cv2.copyMakeBorder((small > 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1] * _COARSE / (radius * unit)
    rise = np.sqrt(np.clip(1.0 - (1.0 - np.clip(depth, 0, 1)) ** 2, 0, 1))
    rise = cv2.GaussianBlur(rise, (0, 0), max(0.6, 0.12 * radius * unit / _COARSE))
    return _enlarge(rim + (1.0 - rim) * rise, patch)


def weave(rng: np.random.Generator, patch: Patch, strength: float) -> Array:
    """Fine irregular cloth: float32 (h, w, 1) around 1; one tile of noise is repeated, as threads are."""
    tile = rng.normal(size=(256, 256)).astype(np.float32)
    tile = cv2.GaussianBlur(tile, (0, 0), 0.9) + 0.6 * cv2.blur(tile, (9, 1)) + 0.6 * cv2.blur(tile, (1, 9))
    height, width = patch.cover.shape
    repeats = (height // 256 + 1, width // 256 + 1)
    return (1.0 + strength * np.tile(tile, repeats)[:height, :width])[..., None]


def falling(patch: Patch, top: float, bottom: float) -> Array:
    """A light factor that goes from top to bottom of the patch: float32 (h, 1, 1)."""
    return np.linspace(top, bottom, patch.cover.shape[0], dtype=np.float32)[:, None, None]


def _enlarge(coarse: Array, patch: Patch) -> Array:
    height, width = patch.cover.shape
    result: Array = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return result
