"""Known foreground, known background and the unknown band between them, from a coarse alpha and its confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from services.matting.arrays import BACKGROUND, F32, FOREGROUND, U8, UNKNOWN

STATUSES = ("ok", "empty", "full", "no_foreground_seed", "no_background_seed")


@dataclass(frozen=True)
class TrimapOptions:
    """foreground, background: alpha from which, and up to which, a pixel may be known. confidence: what it must have
    for that. reach: half width of the band about the 0.5 contour in pixels of the coarse map. margin: by how much
    every unknown place is grown, in the same pixels."""

    foreground: float = 0.85
    background: float = 0.15
    confidence: float = 0.85
    reach: float = 1.5
    margin: float = 1.0


@dataclass(frozen=True)
class Trimap:
    """values: uint8 (H, W) of 0, 128, 255. status: "ok", or what is missing: "empty" (nothing but background), "full"
    (nothing but foreground), "no_foreground_seed", "no_background_seed" (an unknown band, but one side is nowhere)."""

    values: U8
    status: str


@njit(cache=True, nogil=True)
def _classify(
    alpha: F32, confidence: F32, foreground: float, background: float, sure: float, values: U8, solid: U8
) -> None:
    """Bilinear upsampling and thresholds in one pass; solid is 1 where alpha is at least one half."""
    height, width = values.shape
    rows, columns = alpha.shape
    scale_y, scale_x = rows / height, columns / width
    left, share = np.empty(width, np.int32), np.empty(width, np.float32)
    for x in range(width):
        u = min(max((x + 0.5) * scale_x - 0.5, 0.0), columns - 1.0)
        left[x] = min(int(u), max(columns - 2, 0))
        share[x] = u - left[x]
    line_a, line_c = np.empty(columns + 1, np.float32), np.empty(columns + 1, np.float32)
    for y in range(height):
        v = min(max((y + 0.5) * scale_y - 0.5, 0.0), rows - 1.0)
        top = int(v)
        low = min(top + 1, rows - 1)
        t = np.float32(v - top)
        for u in range(columns):
            line_a[u] = alpha[top, u] + (alpha[low, u] - alpha[top, u]) * t
            line_c[u] = confidence[top, u] + (confidence[low, u] - confidence[top, u]) * t
        line_a[columns], line_c[columns] = line_a[columns - 1], line_c[columns - 1]
        for x in range(width):
            i, s = left[x], share[x]
            a = line_a[i] + (line_a[i + 1] - line_a[i]) * s
            c = line_c[i] + (line_c[i + 1] - line_c[i]) * s
            value = 128
            if c >= sure:
                value = 255 if a >= foreground else (0 if a <= background else 128)
            values[y, x] = value
            solid[y, x] = a >= 0.5


def _box(radius: int) -> U8:
    return np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)


def _core(sure: U8, shape: tuple[int, int]) -> U8:
    """uint8 (H, W), non-zero in the innermost part of the sure places of the coarse map."""
    padded = np.pad(sure, 1)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    core = (inside >= 0.7 * inside.max()).astype(np.uint8)
    grown: U8 = cv2.resize(core, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return grown


def build(alpha: F32, confidence: F32, shape: tuple[int, int], options: TrimapOptions | None = None) -> Trimap:
    """The trimap of a photo of this (H, W).

    alpha, confidence: float32 (h, w) of one size and any resolution, with the photo's aspect; NaN counts as no
    confidence. Where the two sides are both sure but meet, the contour alone opens a band a bit wider than the coarse
    map can resolve. Seeds never vanish into that band altogether: then the innermost sure places stay known.
    """
    options = options or TrimapOptions()
    broken = ~(np.isfinite(alpha) & np.isfinite(confidence))
    if broken.any():
        alpha, confidence = np.where(broken, 0.5, alpha), np.where(broken, 0, confidence)
    alpha = np.ascontiguousarray(alpha, np.float32)
    confidence = np.ascontiguousarray(confidence, np.float32)
    values, solid = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    # Stored confidence is quantised to 1 / 255; a threshold between two codes must not lose the lower one.
    sure = options.confidence - 0.5 / 255
    _classify(alpha, confidence, options.foreground, options.background, sure, values, solid)
    scale = max(1.0, shape[0] / alpha.shape[0], shape[1] / alpha.shape[1])
    contour = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, _box(math.ceil(options.reach * scale)))
    open_band = np.asarray((values == UNKNOWN) & 1, np.uint8)
    open_band = cv2.dilate(open_band, _box(math.ceil(options.margin * scale)))
    open_band |= contour
    before = values.max() == FOREGROUND, values.min() == BACKGROUND
    values[open_band > 0] = UNKNOWN
    confident = confidence >= sure
    if before[0] and values.max() != FOREGROUND:
        values[_core((confident & (alpha >= options.foreground)).astype(np.uint8), shape) > 0] = FOREGROUND
    if before[1] and values.min() != BACKGROUND:
        values[_core((confident & (alpha <= options.background)).astype(np.uint8), shape) > 0] = BACKGROUND
    return Trimap(values, status(values))


def status(values: U8) -> str:
    """Of a trimap uint8 (H, W): one of STATUSES."""
    low, high = int(values.min()), int(values.max())
    if low == high != UNKNOWN:
        return "full" if low == FOREGROUND else "empty"
    if high < FOREGROUND:
        return "no_foreground_seed"
    return "ok" if low == BACKGROUND else "no_background_seed"
