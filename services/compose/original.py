"""The shadow of the photo itself, laid under the product on the canvas, behind a gate.

Matting extracts it as a multiply map against the paper and leaves it out where it cannot be told from the paper. The
gate here refuses maps that would look wrong on a canvas larger than the photo: a shadow that runs out of the frame
would end in a straight line, and a map dark nearly everywhere is lighting, not a shadow.
"""

from __future__ import annotations

import cv2
import numpy as np

from services.compose.place import Placement
from services.compose.template import Shadow

DARK = 247  # a map value below this is seen as shadow on white
CUT = 238  # below this even a short piece at the frame is seen to end there
CUT_WEIGHT = 6  # times as much as a faint border this counts
MAX_SHARE = 0.6  # of the photo's area that may lie in shadow
FEATHER = 0.03  # of the photo's longer side, over which the map fades out towards the frame


def refusal(shadow: np.ndarray, photo: tuple[int, int], rules: Shadow) -> str:
    """Why this map (uint8 (h, w, 3)) of a photo of (height, width) may not be used; empty when it may."""
    dark = shadow.min(axis=2) < DARK
    if not dark.any():
        return "the photo shows no shadow"
    rows, columns = dark.shape
    if abs(columns / rows - photo[1] / photo[0]) > 2 / min(rows, columns) * max(1.0, columns / rows):
        return f"the shadow map ({columns} x {rows}) has not the shape of the photo ({photo[1]} x {photo[0]})"
    border = _border(dark).mean()
    if border > rules.max_border_dark:
        return f"the shadow leaves the frame ({border:.1%} of its border is dark, limit {rules.max_border_dark:.1%})"
    cut, limit = _border(shadow.min(axis=2) < CUT).mean(), rules.max_border_dark / CUT_WEIGHT
    if cut > limit:
        return f"the frame cuts through the shadow (on {cut:.1%} of its border, limit {limit:.1%})"
    if dark.mean() > MAX_SHARE:
        return f"the shadow covers {dark.mean():.0%} of the photo (limit {MAX_SHARE:.0%}), which is uneven light"
    return ""


def _border(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def lay(
    shadow: np.ndarray, photo: tuple[int, int], placement: Placement, width: int, height: int, rules: Shadow
) -> np.ndarray:
    """The map on the canvas: uint8 (height, width, 3), 255 beyond the photo. Never lighter than no shadow."""
    taken = 255 - shadow.astype(np.float32)
    if rules.neutralise:
        grey = taken.mean(axis=2, keepdims=True)
        taken += (grey - taken) * rules.neutralise
    taken *= rules.strength * _feather(*shadow.shape[:2])[..., None]
    left, top = placement.to_canvas(0, 0)
    right, bottom = placement.to_canvas(photo[1], photo[0])
    zoom_x, zoom_y = (right - left) / shadow.shape[1], (bottom - top) / shadow.shape[0]
    if min(zoom_x, zoom_y) < 1:  # shrink by averaging first; the warp below samples points
        size = (max(1, round(shadow.shape[1] * min(zoom_x, 1))), max(1, round(shadow.shape[0] * min(zoom_y, 1))))
        taken = cv2.resize(taken, size, interpolation=cv2.INTER_AREA)
        zoom_x, zoom_y = (right - left) / size[0], (bottom - top) / size[1]
    # Pixel centres: canvas = zoom * (map + 0.5) + left - 0.5
    move = np.array([[zoom_x, 0, left + 0.5 * zoom_x - 0.5], [0, zoom_y, top + 0.5 * zoom_y - 0.5]], np.float64)
    laid = cv2.warpAffine(taken, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(np.rint(255 - np.clip(laid, 0, 255)), np.uint8)


def _feather(rows: int, columns: int) -> np.ndarray:
    """1 inside, falling smoothly to 0 at the frame; float32 (rows, columns)."""
    reach = max(FEATHER * max(rows, columns), 1.0)

    def ramp(count: int) -> np.ndarray:
        at = np.arange(count, dtype=np.float32) + 0.5
        t = np.clip(np.minimum(at, count - at) / reach, 0, 1)
        return np.asarray(t * t * (3 - 2 * t))

    return np.asarray(ramp(rows)[:, None] * ramp(columns)[None])
