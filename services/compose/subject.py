"""What a picture is composed around: the product, without specks of ground that the matte kept far from it."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 256  # cells of the longer side in which groups are looked for
JOINED = 0.03  # of the longer side: what lies nearer belongs together, such as the links of a chain
SPECK = 0.01  # a group with less of the heaviest group's alpha is no product


def without_specks(alpha: np.ndarray, threshold: float) -> np.ndarray:
    """`alpha` (float32 (H, W)) with 0 where a group of its pixels is next to nothing beside the product.

    One stray spot in a corner would otherwise move the product aside and make it small. Pixels below `threshold` count
    for nothing. The array itself is returned when there is no such group. It is for measuring only: what the matte kept
    is drawn, where it lands on the canvas, and a person may see it.
    """
    step = -(-max(alpha.shape) // SIDE)
    highest = _highest(alpha, step)
    there = (highest >= threshold).astype(np.uint8)
    radius = max(1, round(JOINED / 2 * max(there.shape)))
    grown = cv2.dilate(there, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    count, labels = cv2.connectedComponents(grown, connectivity=8)
    if count <= 2:  # the ground and one group
        return alpha
    rows, columns = there.shape
    mean = cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA)
    weights = np.bincount(labels.ravel(), weights=(mean * there).ravel(), minlength=count)
    weights[0] = 0
    speck = weights < SPECK * weights.max()
    speck[0] = False
    if not speck.any():
        return alpha
    gone = np.repeat(np.repeat(speck[labels], step, axis=0), step, axis=1)[: alpha.shape[0], : alpha.shape[1]]
    return np.where(gone, np.float32(0), alpha)


def _highest(alpha: np.ndarray, step: int) -> np.ndarray:
    """The highest value of each cell of step x step pixels; those at the lower and right border may be smaller."""
    by_rows = np.maximum.reduceat(alpha, np.arange(0, alpha.shape[0], step), axis=0)
    return np.maximum.reduceat(by_rows, np.arange(0, alpha.shape[1], step), axis=1)
