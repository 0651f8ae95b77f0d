"""The plate of a shoot: what stays the same over photos of products in different places.

Exposure-aligned median over the photos, trusted where enough of them agree and where that region reaches the frame;
a robust surface elsewhere, with the trusted deviations from it carried over smoothly. So seams and horizons that the
polynomial cannot follow are kept where they were seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper import noise
from services.kit.paper.errors import ShootMixed, ShootTooSmall
from services.kit.paper.photo import MAX_RESIDUAL, MIN_INLIERS, thumbnail
from services.kit.paper.plate import Plate
from services.kit.paper.surface import OFFSET, fit, logarithm
from services.kit.regions import outside

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

LEAST = 3
AGREEMENT = 0.03  # natural logarithm: photos of the same paper after alignment
AGREEING = 0.5  # share of the photos
STEEP = 0.15  # natural logarithm per thumbnail pixel: the edge of a product, not of light
ROUNDS = 4


def estimate_shoot(photos: Sequence[U8]) -> Plate:
    """The background of a shoot: same camera, light and paper. photos: uint8 (H, W, 3) each, one aspect ratio.

    Raises ShootTooSmall below three photos and ShootMixed when shapes differ.
    """
    if len(photos) < LEAST:
        raise ShootTooSmall(least=LEAST, count=len(photos))
    thumbnails = [thumbnail(photo) for photo in photos]
    for number, small in enumerate(thumbnails, 1):
        if small.shape != thumbnails[0].shape:
            raise ShootMixed(number=number)
    stack = _align(np.stack([logarithm(small) for small in thumbnails]))
    middle = np.median(stack, axis=0).astype(np.float32)
    away = np.abs(stack - middle).max(-1)
    agreeing = (away < AGREEMENT).mean(0)
    seen = outside((agreeing >= AGREEING) & (_steepness(middle) < STEEP))
    paper = np.clip(np.exp(_fill(middle, seen)) - OFFSET, 0, 1).astype(np.float32)
    residual = _spread(away, seen)
    share = float(seen.mean())
    detail = _judge(residual, share)
    grain = float(np.median([noise.shot_noise(photo, seen.astype(np.float32)) for photo in photos[:8]]))
    return Plate(paper, noise.sigma(paper, grain, residual), "shoot", not detail, detail, residual, share)


def _align(stack: F32) -> F32:
    """Takes every photo's exposure and white balance off: per channel, the median difference where photos agree."""
    for _ in range(ROUNDS):
        difference = stack - np.median(stack, axis=0)
        for number, off in enumerate(difference):
            near = np.abs(off - np.median(off, axis=(0, 1))).max(-1) < 2 * AGREEMENT
            stack[number] -= np.median(off[near], axis=0) if near.any() else 0
    return stack


def _steepness(log: F32) -> F32:
    brightness = cv2.blur(log.mean(-1), (3, 3))
    across = cv2.Sobel(brightness, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(brightness, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(np.hypot(across, down), np.float32)


def _fill(middle: F32, seen: NDArray[np.bool_]) -> F32:
    """The median where it was seen, a robust surface elsewhere, joined smoothly."""
    linear = np.where(seen[..., None], np.exp(middle) - OFFSET, 0).astype(np.float32)
    known = seen.astype(np.float32)
    filled = linear
    for sigma in (4.0, 16.0, 64.0):  # a start for the surface: neighbours' colour under the product
        weight = cv2.GaussianBlur(known, (0, 0), sigma)[..., None]
        spread = cv2.GaussianBlur(linear * known[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)
        hole = (filled.max(-1) <= 0) & (weight[..., 0] > 0.02)
        filled = np.where(hole[..., None], spread, filled)
    surface = fit(np.clip(filled, 0, 1).astype(np.float32)).log_paper
    deviation = np.where(seen[..., None], middle - surface, 0).astype(np.float32)
    weight = cv2.GaussianBlur(known, (0, 0), 3.0)[..., None]
    carried = cv2.GaussianBlur(deviation, (0, 0), 3.0) / np.maximum(weight, 0.25)
    return np.asarray(np.where(seen[..., None], middle, surface + carried), np.float32)


def _spread(away: F32, seen: NDArray[np.bool_]) -> float:
    """How far agreeing photos lie from the median, as a standard deviation."""
    values = away[:, seen]
    values = values[values < AGREEMENT]
    return float(1.4826 * np.median(values)) if values.size else 1.0


def _judge(residual: float, share: float) -> str:
    limits = [
        (share < MIN_INLIERS, f"the photos agree on only {share:.0%} of the background"),
        (residual > MAX_RESIDUAL, f"the photos' backgrounds differ (residual {residual:.3f})"),
    ]
    return "; ".join(words for wrong, words in limits if wrong)
