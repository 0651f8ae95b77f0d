"""The product's colours carried on beyond its outline, for a JPEG whose alpha lies in another file.

JPEG smears what is beside each other in its blocks; with the product's own colours outside, only those come in.
Averages of ever larger cells fill the holes of the smaller ones (pull-push; S. Gortler et al., "The Lumigraph",
SIGGRAPH 1996). The finest cells are FINEST pixels wide: finer would not be seen under alpha 0.
"""

from __future__ import annotations

import cv2
import numpy as np

FINEST = 4


def spread(rgb: np.ndarray, alpha: np.ndarray) -> None:
    """Fills, in place, rgb (uint8 (H, W, 3)) where alpha (uint8 (H, W)) is 0. Nothing to fill from: grey."""
    height, width = alpha.shape
    cells = (-(-width // FINEST), -(-height // FINEST))
    seen = (alpha > 0).astype(np.float32)
    weight = cv2.resize(seen, cells, interpolation=cv2.INTER_AREA)
    sums = np.stack(
        [cv2.resize(rgb[..., channel] * seen, cells, interpolation=cv2.INTER_AREA) for channel in range(3)], axis=2
    )
    filled = _fill(sums, weight)
    for channel in range(3):
        wide = cv2.resize(filled[..., channel], (width, height), interpolation=cv2.INTER_LINEAR)
        plane = rgb[..., channel]
        np.copyto(plane, np.rint(wide).astype(np.uint8), where=alpha == 0)


def _fill(sums: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """sums: float32 (h, w, 3), colours times weight; weight: float32 (h, w). Colours everywhere, float32 (h, w, 3)."""
    height, width = weight.shape
    known = weight > 1e-6
    colour: np.ndarray = np.divide(sums, weight[..., None], out=np.full_like(sums, 128.0), where=known[..., None])
    if known.all() or max(height, width) == 1:
        return colour
    cells = (-(-width // 2), -(-height // 2))
    coarse = _fill(
        cv2.resize(sums, cells, interpolation=cv2.INTER_AREA).reshape(cells[1], cells[0], 3),
        cv2.resize(weight, cells, interpolation=cv2.INTER_AREA).reshape(cells[1], cells[0]),
    )
    wide = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(known[..., None], colour, wide))
