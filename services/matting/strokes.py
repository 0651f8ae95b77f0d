"""What a person paints on a trimap: vectors in pixels of the upright photo, to be replayed on a new model.

A stroke is right where it was painted and says that what stood there was wrong. So known pixels of the other side are
opened about it, and the model is not believed there: colours decide how far the stroke's side reaches.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.kit.boxes import Box
from services.matting.arrays import BACKGROUND, F32, FOREGROUND, U8, UNKNOWN

Label = Literal["foreground", "background", "unknown"]
_VALUE = {"foreground": FOREGROUND, "background": BACKGROUND, "unknown": UNKNOWN}
# Half width of what a stroke opens about itself, in its own radii and pixels.
_OPENED_RADII, _OPENED_PIXELS = 2.0, 8.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Stroke:
    """points: (x, y) in pixels of the photo, pixel centres at whole numbers; one point paints a disc. radius: pixels,
    more than 0."""

    label: Label
    points: tuple[tuple[float, float], ...]
    radius: float


def bounds(strokes: Sequence[Stroke]) -> Box:
    """The box of what the strokes paint and open, not clipped to any photo."""
    reach = [(stroke, _opened(stroke.radius)) for stroke in strokes]
    left = min(x - r for stroke, r in reach for x, _ in stroke.points)
    top = min(y - r for stroke, r in reach for _, y in stroke.points)
    right = max(x + r for stroke, r in reach for x, _ in stroke.points)
    bottom = max(y + r for stroke, r in reach for _, y in stroke.points)
    corner = int(np.floor(left)), int(np.floor(top))
    return Box(*corner, int(np.ceil(right)) - corner[0] + 1, int(np.ceil(bottom)) - corner[1] + 1)


def painted(values: U8, strokes: Sequence[Stroke], origin: tuple[int, int] = (0, 0)) -> U8:
    """The trimap uint8 (h, w) of 0, 128, 255 with the strokes on it; a later stroke covers an earlier one.

    origin: (left, top) of the trimap within the photo.
    """
    out = values.copy()
    for stroke in strokes:
        other = {"foreground": BACKGROUND, "background": FOREGROUND}.get(stroke.label)
        if other is not None:
            around = _drawn(out.shape, stroke, _opened(stroke.radius), origin, 1.0)
            out[around & (out == other)] = UNKNOWN
        out[_drawn(out.shape, stroke, stroke.radius, origin, 1.0)] = _VALUE[stroke.label]
    return out


def doubted(belief: F32, strokes: Sequence[Stroke], shape: tuple[int, int]) -> F32:
    """The model's confidence float32 (h, w) of a photo of this (H, W), 0 about every stroke."""
    out = belief.copy()
    scale = belief.shape[1] / shape[1]
    for stroke in strokes:
        out[_drawn(out.shape, stroke, _opened(stroke.radius), (0, 0), scale)] = 0
    return out


def _opened(radius: float) -> float:
    return _OPENED_RADII * radius + _OPENED_PIXELS


def _drawn(shape: tuple[int, ...], stroke: Stroke, radius: float, origin: tuple[int, int], scale: float) -> Mask:
    """bool of this shape: pixels whose centre lies within `radius` photo pixels of the stroke's line.

    Exact arithmetic on the photo's own coordinates, so that a crop gets the same pixels as the whole.
    """
    mask = np.zeros(shape[:2], bool)
    points = stroke.points if len(stroke.points) > 1 else stroke.points * 2
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        rows = _span(min(y0, y1) - radius, max(y0, y1) + radius, origin[1], scale, shape[0])
        columns = _span(min(x0, x1) - radius, max(x0, x1) + radius, origin[0], scale, shape[1])
        y = (np.arange(rows.start, rows.stop)[:, None] + 0.5) / scale - 0.5 + origin[1] - y0
        x = (np.arange(columns.start, columns.stop) + 0.5) / scale - 0.5 + origin[0] - x0
        dx, dy = x1 - x0, y1 - y0
        along = np.clip((x * dx + y * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        mask[rows, columns] |= (x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius * radius
    return mask


def _span(low: float, high: float, origin: int, scale: float, length: int) -> slice:
    """Pixels of one axis of the map that may lie between two places of the photo."""
    start, stop = ((at - origin + 0.5) * scale - 0.5 for at in (low, high))
    first = min(max(math.floor(start), 0), length)
    return slice(first, min(max(math.ceil(stop) + 1, first), length))
