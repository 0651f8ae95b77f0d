"""A product that is small in its picture is looked at again from nearby.

Every profile works on a grid of about a thousand pixels. A watch that takes a third of its photo has three hundred of
them; cut out with some ground around it, it has twice as many and more, up to all that the photo holds. So where the
first answer's product is small, the same profile is asked again about that part of the photo, and its answer stands
there; the first one's stands around it, and everywhere if the two do not speak of the same thing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.kit.regions import Regions
from services.segment.geometry import grow
from services.segment.port import Segmentation, Segmenter

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Part = tuple[slice, slice]
"""Rows and columns of a photo."""

AROUND = 0.2  # ground that is kept on every side, in longer sides of the product
LEAST = 384  # pixels that the part has on its longer side
SMALL = 0.75  # longest side of the part over the photo's, from which a second look shows too little more
SPECK = 0.02  # of the largest region's area: smaller ones do not say where the product is
SAME = 0.7  # intersection over union from which both answers speak of one thing
CUT = 0.02  # product along the part's own rim, as a share of it, from which the part is too small


class CloserSegmenter:
    """Asks `inner`, and asks it again from nearby where its product is small."""

    def __init__(self, inner: Segmenter) -> None:
        self._inner = inner

    @property
    def profile(self) -> str:
        return self._inner.profile

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3). The answer's grid is that of the closer look, over the whole photo."""
        found = self._inner.segment(rgb, plate)
        if max(rgb.shape) <= max(found.alpha.shape):
            return found  # every pixel of the photo was seen
        part = around_product(found.alpha, *rgb.shape[:2])
        if part is None:
            return found
        behind = None if plate is None else plate.part(part, *rgb.shape[:2])
        near = self._inner.segment(np.ascontiguousarray(rgb[part]), behind)
        return placed(found, near, part, *rgb.shape[:2])


def around_product(alpha: F32, height: int, width: int) -> Part | None:
    """The part of a photo (height, width) that holds the product of `alpha` (h, w) and ground around it; None where
    there is no product, or the part is not much smaller than the photo."""
    solid = alpha > 0.5
    parts = Regions.of(solid)
    area = np.where(np.arange(len(parts.area)) > 0, parts.area, 0)
    if not area.any():
        return None
    kept = (area >= SPECK * area.max())[parts.labels] & solid
    down, across = height / alpha.shape[0], width / alpha.shape[1]
    ys, xs = np.flatnonzero(kept.any(1)), np.flatnonzero(kept.any(0))
    top, bottom, left, right = ys[0] * down, (ys[-1] + 1) * down, xs[0] * across, (xs[-1] + 1) * across
    long = max(bottom - top, right - left)
    margin = max(AROUND * long, (LEAST - long) / 2)
    rows = slice(max(0, int(top - margin)), min(height, int(bottom + margin) + 1))
    columns = slice(max(0, int(left - margin)), min(width, int(right + margin) + 1))
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    return None if longest > SMALL * max(height, width) else (rows, columns)


def placed(found: Segmentation, near: Segmentation, part: Part, height: int, width: int) -> Segmentation:
    """The closer answer in its place within the first; the first alone where the closer one is of something else."""
    rows, columns = part
    scale = min(1.0, max(near.alpha.shape) / max(rows.stop - rows.start, columns.stop - columns.start))
    tall, wide = round(height * scale), round(width * scale)
    alpha, confidence = grow(found.alpha, tall, wide), grow(found.confidence, tall, wide)
    top, left = (min(round(one.start * scale), full - 1) for one, full in ((rows, tall), (columns, wide)))
    here = np.s_[top : min(round(rows.stop * scale), tall), left : min(round(columns.stop * scale), wide)]
    size = alpha[here].shape
    closer, sure = grow(near.alpha, *size), grow(near.confidence, *size)
    if cut_off(closer, part, height, width) or overlap(alpha[here], closer) < SAME:
        return found
    alpha[here], confidence[here] = closer, sure
    return Segmentation(alpha, confidence, near.review_risk)


def cut_off(alpha: F32, part: Part, height: int, width: int) -> bool:
    """Whether product reaches that rim of the part which is not the photo's."""
    rows, columns = part
    sides = ((rows.start > 0, alpha[0]), (rows.stop < height, alpha[-1]),
             (columns.start > 0, alpha[:, 0]), (columns.stop < width, alpha[:, -1]))  # fmt: skip
    own = [line for inside, line in sides if inside]
    return bool(own) and float((np.concatenate(own) > 0.5).mean()) > CUT


def overlap(one: F32, other: F32) -> float:
    """Intersection over union of two alphas of one size; 1 where both are empty."""
    union = float(np.maximum(one, other).sum())
    return float(np.minimum(one, other).sum()) / union if union > 0 else 1.0
