"""Scores of an alpha against the truth."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


def edge_accuracy(alpha: F32, truth: F32, tolerance: float = 2.0, side: int = 2048) -> float:
    """Boundary F measure of the 0.5 contour within `tolerance` pixels of a hero crop whose long side is `side`."""
    ys, xs = np.where(truth > 0.02)
    crop = np.s_[max(0, ys.min() - 8) : ys.max() + 9, max(0, xs.min() - 8) : xs.max() + 9]
    scale = side / max(truth[crop].shape)
    found, real = (
        _contour(cv2.resize(np.ascontiguousarray(a[crop]), None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR))
        for a in (alpha, truth)
    )
    if not found.any() or not real.any():
        return 0.0
    near_real = cv2.distanceTransform(1 - real, cv2.DIST_L2, 3)[found > 0] <= tolerance
    near_found = cv2.distanceTransform(1 - found, cv2.DIST_L2, 3)[real > 0] <= tolerance
    precision, recall = float(near_real.mean()), float(near_found.mean())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _contour(alpha: F32) -> NDArray[np.uint8]:
    solid = (alpha >= 0.5).astype(np.uint8)
    return np.asarray(solid - cv2.erode(solid, np.ones((3, 3), np.uint8)), np.uint8)


def band_error(alpha: F32, truth: F32) -> float:
    """Mean absolute error where the truth is soft, 0.02 to 0.98."""
    soft = (truth > 0.02) & (truth < 0.98)
    return float(np.abs(alpha - truth)[soft].mean()) if soft.any() else 0.0


def sad(alpha: F32, truth: F32, where: NDArray[np.bool_]) -> float:
    """Sum of absolute differences in thousands."""
    return float(np.abs(alpha - truth)[where].sum()) / 1000


def gradient_error(alpha: F32, truth: F32, where: NDArray[np.bool_], sigma: float = 1.4) -> float:
    """Sum of squared differences of the gradients' lengths in thousands (Rhemann et al. 2009)."""
    reach = int(np.ceil(4 * sigma))
    at = np.arange(-reach, reach + 1)
    bell = np.exp(-at * at / (2 * sigma * sigma))
    bell /= bell.sum()
    slope = -at / sigma**2 * bell

    def length(picture: F32) -> F32:
        across = cv2.sepFilter2D(picture, cv2.CV_32F, slope, bell)
        return np.asarray(np.hypot(across, cv2.sepFilter2D(picture, cv2.CV_32F, bell, slope)), np.float32)

    return float(((length(alpha) - length(truth))[where] ** 2).sum()) / 1000
