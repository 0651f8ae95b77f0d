"""How good an alpha is: plain numbers, none of them after a min-max stretch.

Edge accuracy is the boundary F measure at two pixels on a crop of the product scaled to 2048; where the true edge is
soft over more than eight pixels (hair, fringe, sheer cloth) there is no contour to hit, and band error counts instead.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

CROP_SIDE = 2048
MARGIN = 0.08
WIDE = 8
HOLE = 25
EVENT = 0.1
BAND = 8


def edge_accuracy(alpha: F32, truth: F32, *, scaled: bool = True) -> float:
    """2PR/(P+R) of contour pixels within tolerance, in [0,1]; nan when the truth has no product.

    alpha, truth: float32 (H, W). `scaled` brings the product's box (plus 8 %) to 2048 and allows 0.1 % of that, two
    pixels; without it the picture is measured as it is, at two pixels.
    """
    solid = truth >= 0.5
    if not solid.any():
        return float("nan")
    if scaled:
        alpha, truth = (_crop(plane, solid) for plane in (alpha, truth))
    tolerance = max(1, round(0.001 * max(truth.shape))) if scaled else 2
    wide = _wide(truth)
    ours = _contour(alpha) & ~wide
    true = _contour(truth) & ~wide
    if not true.any():
        return float("nan")
    if not ours.any():
        return 0.0
    precision = float(np.mean(_distance(true)[ours] <= tolerance))
    recall = float(np.mean(_distance(ours)[true] <= tolerance))
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _crop(plane: F32, solid: Mask) -> F32:
    ys, xs = np.nonzero(solid)
    height, width = int(ys.max() - ys.min() + 1), int(xs.max() - xs.min() + 1)
    dy, dx = round(MARGIN * height), round(MARGIN * width)
    part = plane[max(ys.min() - dy, 0) : ys.max() + dy + 1, max(xs.min() - dx, 0) : xs.max() + dx + 1]
    scale = CROP_SIDE / max(part.shape)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=interpolation), np.float32)


def _contour(alpha: F32) -> Mask:
    """Inner boundary pixels of alpha >= 0.5, holes smaller than 25 pixels closed."""
    solid = (alpha >= 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    small = np.zeros(count, bool)
    small[1:] = stats[1:, cv2.CC_STAT_AREA] < HOLE
    solid[small[labels]] = 1
    framed = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_REPLICATE)  # the frame's rim is no contour
    return np.asarray((solid > 0) & (cv2.erode(framed, np.ones((3, 3), np.uint8))[1:-1, 1:-1] == 0))


def _wide(truth: F32) -> Mask:
    """Where the true transition is wider than eight pixels, and around it."""
    soft = ((truth > 0.02) & (truth < 0.98)).astype(np.uint8)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WIDE + 1, WIDE + 1))
    return np.asarray(cv2.dilate(cv2.morphologyEx(soft, cv2.MORPH_OPEN, disk), disk) > 0)


def _distance(mask: Mask) -> F32:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def mean_error(alpha: F32, truth: F32) -> float:
    """Mean |alpha - truth| over the picture."""
    return float(np.abs(alpha - truth).mean())


def band_error(alpha: F32, truth: F32) -> float:
    """Mean |alpha - truth| where the truth is soft (0.02 to 0.98); nan when it never is."""
    soft = (truth > 0.02) & (truth < 0.98)
    return float(np.abs(alpha - truth)[soft].mean()) if soft.any() else float("nan")


def band_sum(alpha: F32, truth: F32) -> float:
    """Sum of |alpha - truth| where the truth is soft, in thousands of pixels (the matting field's SAD); nan when it
    never is."""
    soft = (truth > 0.02) & (truth < 0.98)
    return float(np.abs(alpha - truth)[soft].sum() / 1000) if soft.any() else float("nan")


def overlap(alpha: F32, truth: F32) -> float:
    """Intersection over union at 0.5; 1 when both are empty."""
    ours, true = alpha >= 0.5, truth >= 0.5
    union = int((ours | true).sum())
    return float((ours & true).sum() / union) if union else 1.0


def leakage(alpha: F32, shadow: F32) -> float:
    """Mean alpha over true shadow (more than a tenth of the light taken, no product); nan without a shadow."""
    inside = shadow > 0.1
    return float(alpha[inside].mean()) if inside.any() else float("nan")


def hole_recall(alpha: F32, truth: F32) -> float:
    """Share of the true holes (clear, enclosed by product, at least 25 pixels) whose mean alpha is below 0.2; nan when
    there are none."""
    clear = (truth < 0.02).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(clear, connectivity=4)
    rim = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))
    holes = [k for k in range(1, count) if k not in rim and stats[k, cv2.CC_STAT_AREA] >= HOLE]
    if not holes:
        return float("nan")
    sums = np.bincount(labels.ravel(), alpha.ravel(), count)
    return float(np.mean([sums[k] / stats[k, cv2.CC_STAT_AREA] < 0.2 for k in holes]))


def edge_band(truth: F32) -> Mask:
    """Pixels within eight pixels of the true edge."""
    solid = (truth >= 0.5).astype(np.uint8)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    return np.asarray((cv2.dilate(solid, disk) != cv2.erode(solid, disk)) | ((truth > 0.02) & (truth < 0.98)))


def ranking(score: NDArray[np.floating], positive: Mask) -> float:
    """Area under the ROC curve: how often a positive scores above a negative (ties half); nan without both."""
    yes, no = score[positive], score[~positive]
    if not len(yes) or not len(no):
        return float("nan")
    return float(np.mean((yes[:, None] > no[None]) + 0.5 * (yes[:, None] == no[None])))
