"""How likely a person would touch an answer, from the answer itself: one number an image.

The mean confidence of the edge band says little: a band is mostly pixels that are easily right, and a long soft edge
has a low mean without any fault. What tells is how much of the outline is in doubt over a stretch, and over how much of
it product and ground look alike. Both are shares of the outline, so that neither the size of the photo nor that of the
product matters; their inputs are calibrated probabilities, so that one map serves every profile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.shrink import shrunk

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDE = 1024  # longest side that is looked at
REACH = 0.006  # over which confidence is averaged, in longer sides of the product
UNSURE = 0.75  # mean confidence below which a place of the outline is in doubt
BESIDE = 0.012  # over which the colours on both sides are averaged
FAINT = 0.08  # distance of those colours, encoded sRGB over sqrt(3), below which they look alike
FLOOR = 0.01  # added to a share before its logarithm is taken: one place in a hundred is chance
STEPS, RIDGE = 30, 0.05


@dataclass(frozen=True)
class Signs:
    """Shares of the outline, 0 to 1; both 0 where there is none. doubtful: confidence averaged nearby is below UNSURE.
    faint: product and ground beside it differ by less than FAINT."""

    doubtful: float
    faint: float

    @property
    def vector(self) -> tuple[float, float]:
        """As the map takes them: logarithms, from 0 (none) to 1 (all of the outline)."""
        span = math.log((1 + FLOOR) / FLOOR)
        return math.log((self.doubtful + FLOOR) / FLOOR) / span, math.log((self.faint + FLOOR) / FLOOR) / span


@dataclass(frozen=True)
class Review:
    """Logistic map from signs to P(a person would touch it)."""

    bias: float
    weights: tuple[float, float]

    @classmethod
    def from_json(cls, value: Mapping[str, float]) -> Review:
        return cls(float(value["bias"]), (float(value["doubtful"]), float(value["faint"])))

    def to_json(self) -> dict[str, float]:
        return {"bias": round(self.bias, 4), "doubtful": round(self.weights[0], 4), "faint": round(self.weights[1], 4)}

    def risk(self, found: Signs) -> float:
        """0 to 1."""
        total = self.bias + sum(weight * value for weight, value in zip(self.weights, found.vector, strict=True))
        return 1 / (1 + math.exp(-total))


def signs(alpha: F32, confidence: F32, rgb: U8) -> Signs:
    """alpha, confidence: float32 (h, w), 0 to 1. rgb: uint8 (H, W, 3), encoded sRGB, of the same aspect."""
    scale = min(1.0, SIDE / max(alpha.shape))
    size = max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale))
    alpha, confidence = (shrunk(plane, size[1], size[0]) for plane in (alpha, confidence))
    solid = (alpha > 0.5).astype(np.uint8)
    outline = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if not outline.any():
        return Signs(0.0, 0.0)
    left, top, width, height = cv2.boundingRect(solid)
    long = max(width, height)
    look = np.asarray(shrunk(rgb, size[1], size[0]).astype(np.float32) / 255, np.float32)
    near = round(BESIDE * long) + 2
    window = np.s_[max(0, top - near) : top + height + near, max(0, left - near) : left + width + near]
    alpha, confidence, look, outline = alpha[window], confidence[window], look[window], outline[window]
    local = cv2.GaussianBlur(confidence, (0, 0), max(1.0, REACH * long))
    return Signs(float((local[outline] < UNSURE).mean()), _faint(alpha, look, outline, near | 1))


def _faint(alpha: F32, look: F32, outline: Mask, size: int) -> float:
    """Share of the outline, where both sides are known, across which the colours differ by less than FAINT."""
    means, known = [], outline
    for inside in (alpha > 0.95, alpha < 0.05):
        mask = inside.astype(np.float32)
        weight = cv2.blur(mask, (size, size))
        means.append(cv2.blur(look * mask[..., None], (size, size)) / np.maximum(weight, 1e-6)[..., None])
        known = known & (weight > 0.01)
    if not known.any():
        return 0.0
    apart = np.sqrt(((means[0] - means[1])[known] ** 2).sum(1) / 3)
    return float((apart < FAINT).mean())


def fit(found: Sequence[Signs], touched: NDArray[np.bool_]) -> Review:
    """By Newton's method with a small ridge, good and bad answers weighing the same in sum: the share of bad ones among
    a benchmark's pictures is no one's. Weights are not negative: a sign that counts for an answer is chance.

    Raises ValueError without both.
    """
    if not 0 < int(touched.sum()) < len(touched):
        raise ValueError("a review map needs good and bad answers")
    rows = np.array([[1.0, *one.vector] for one in found])
    share = np.where(touched, 0.5 / touched.mean(), 0.5 / (1 - touched.mean()))
    kept = [0, 1, 2]
    while True:
        weights = _newton(rows[:, kept], touched.astype(np.float64), share)
        against = [place for place, weight in zip(kept, weights, strict=True) if place and weight < 0]
        if not against:
            break
        kept = [place for place in kept if place not in against]
    full = dict(zip(kept, weights, strict=True))
    return Review(float(full[0]), (float(full.get(1, 0.0)), float(full.get(2, 0.0))))


def _newton(rows: NDArray[np.float64], wanted: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of the logistic map: least weighted log loss, plus RIDGE times their squares (not the bias's)."""
    weights = np.zeros(rows.shape[1])
    ridge = np.diag([0.0] + [RIDGE] * (rows.shape[1] - 1))
    for _ in range(STEPS):
        said = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (share * (said - wanted)) + ridge @ weights
        bend = (rows * (share * said * (1 - said))[:, None]).T @ rows + ridge
        weights = weights - np.linalg.solve(bend, slope)
    return weights
