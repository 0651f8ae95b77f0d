"""The plate of a shoot from a photo of its empty set: what the photo shows, without dust and grain."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper import noise
from services.kit.paper.photo import MAX_RESIDUAL, thumbnail
from services.kit.paper.plate import Plate
from services.kit.paper.surface import OFFSET, logarithm

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

DUST = 5  # thumbnail pixels; smaller specks are not part of the paper
EVEN = 0.05  # natural logarithm: a pixel that near to its surroundings is paper
LEAST = 0.9  # share of such pixels; seams and horizons are lines and take less


def estimate_empty(rgb: U8) -> Plate:
    """The background of an empty set. rgb: uint8 (H, W, 3), encoded sRGB, upright.

    Not usable when more is in the picture than paper, its seams and a horizon.
    """
    linear = thumbnail(rgb)
    smooth = np.dstack([cv2.medianBlur(np.ascontiguousarray(linear[..., c]), DUST) for c in range(3)])
    away = np.abs(logarithm(linear) - logarithm(smooth)).max(-1)
    even = away < EVEN
    share = float(even.mean())
    residual = float(1.4826 * np.median(away))
    limits = [
        (share < LEAST, f"only {share:.0%} of the empty frame is plain paper"),
        (residual > MAX_RESIDUAL, f"the empty frame is uneven (residual {residual:.3f})"),
        (float(linear.mean()) < OFFSET, "the empty frame is black"),
    ]
    detail = "; ".join(words for wrong, words in limits if wrong)
    paper = np.clip(smooth, 0, 1).astype(np.float32)
    spread = noise.sigma(paper, noise.shot_noise(rgb, even.astype(np.float32)), residual)
    return Plate(paper, spread, "shoot", not detail, detail, residual, share)
