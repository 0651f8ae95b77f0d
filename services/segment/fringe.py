"""Fractional alpha along a hard outline: each pixel of the seam as a mix of its two neighbourhoods."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.channels import total

F32 = NDArray[np.float32]

SEAM = 2  # pixels on either side of the outline that may be mixed
AROUND = 9  # window in which the two pure colours are averaged


def soften(product: NDArray[np.bool_], linear: F32, noise: F32) -> tuple[F32, F32]:
    """Alpha of a hard mask on its own picture.

    product: bool (h, w). linear: float32 (h, w, 3), linear light. noise: float32 (h, w), scatter of linear light.
    Returns alpha float32 (h, w), exactly 0 or 1 away from the seam, and the contrast of the two sides there in units
    of noise, float32 (h, w), 0 elsewhere.
    """
    mask = product.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * SEAM + 1, 2 * SEAM + 1))
    inner, outer = cv2.erode(mask, kernel), 1 - cv2.dilate(mask, kernel)
    front, some_front = _mean(linear, inner)
    back, some_back = _mean(linear, outer)
    apart = front - back
    square = total(np.square(apart))
    mixed = total((linear - back) * apart) / np.maximum(square, 1e-8)
    seam = (inner == 0) & (outer == 0) & some_front & some_back
    contrast = np.where(seam, np.sqrt(square) / noise, 0).astype(np.float32)
    trust = np.clip(contrast / 6 - 0.5, 0, 1)
    alpha = np.where(seam, trust * np.clip(mixed, 0, 1) + (1 - trust) * cv2.blur(mask.astype(np.float32), (3, 3)), mask)
    return alpha.astype(np.float32), contrast


def _mean(linear: F32, mask: NDArray[np.uint8]) -> tuple[F32, NDArray[np.bool_]]:
    weight = mask.astype(np.float32)
    total = cv2.boxFilter(weight, -1, (AROUND, AROUND))
    mean = cv2.boxFilter(linear * weight[..., None], -1, (AROUND, AROUND)) / np.maximum(total, 1e-6)[..., None]
    return np.asarray(mean, np.float32), total > 0.01
