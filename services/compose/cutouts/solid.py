"""The product's alpha before it is drawn: within a region only, and without see-through parts."""

from __future__ import annotations

import cv2
import numpy as np

from services.kit.boxes import Box

OUTLINE = 0.004  # of the photo's longer side: so far from the background alpha may stay between 0 and 1
PRODUCT = 0.05  # alpha above which a pixel is part of the product at all


def within(alpha: np.ndarray, region: Box) -> np.ndarray:
    """float32 (H, W): nothing outside of `region` is product."""
    kept = np.zeros_like(alpha)
    rows, columns = slice(region.top, region.bottom), slice(region.left, region.right)
    kept[rows, columns] = alpha[rows, columns]
    return kept


def solid(alpha: np.ndarray) -> np.ndarray:
    """float32 (H, W): opaque where no background is near, so that glass and veils are closed and outlines stay soft."""
    reach = max(1, round(OUTLINE * max(alpha.shape)))
    product = (alpha > PRODUCT).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    # The frame of the photo is no outline.
    inside = cv2.erode(product, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.where(inside > 0, np.float32(1.0), alpha)
