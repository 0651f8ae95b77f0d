"""Confidence that means what it says: a monotone map from a score to P(|alpha - truth| <= 0.1).

Fitted by isotonic regression (pool adjacent violators) on composites of the train split, apart for the edge band and
for the rest, since easy background would otherwise drown the edges; checked on the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

EDGE_PIXELS = 8  # half width of the edge band at a grid of 1024
TOLERANCE = 0.1
# Where the samples are cut, lowest score first: doubt is rare, so its tail is cut finely.
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Calibration:
    """Knots (score, probability) of the two maps, scores and probabilities rising from 0 to 1."""

    edge: tuple[tuple[float, float], ...]
    inside: tuple[tuple[float, float], ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Sequence[Sequence[float]]]) -> Calibration:
        edge, inside = (tuple((float(x), float(y)) for x, y in value[name]) for name in ("edge", "inside"))
        for knots in (edge, inside):
            xs, ys = zip(*knots, strict=True)
            if list(xs) != sorted(set(xs)) or list(ys) != sorted(ys) or not 0 <= ys[0] <= ys[-1] <= 1:
                raise ValueError("the knots of a calibration must rise")
        return cls(edge, inside)

    def apply(self, score: F32, alpha: F32) -> F32:
        """float32 (h, w) of probabilities. score: float32 (h, w), 0 to 1. alpha: the profile's answer."""
        band = edge_band(alpha)
        return np.where(band, _through(self.edge, score), _through(self.inside, score)).astype(np.float32)


IDENTITY = Calibration(((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.0)))


def edge_band(alpha: F32) -> NDArray[np.bool_]:
    """Pixels near the outline: alpha between 0.05 and 0.95 or crossing one half, widened by EDGE_PIXELS per 1024."""
    radius = max(1, round(EDGE_PIXELS * max(alpha.shape) / 1024))
    solid = (alpha > 0.5).astype(np.uint8)
    rim = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    soft = ((alpha > 0.05) & (alpha < 0.95)).astype(np.uint8)
    wide = cv2.dilate(rim | soft, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    return np.asarray(wide > 0)


def fit(score: NDArray[np.floating], right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Isotonic knots from samples: score in [0, 1], and whether alpha was right there."""
    order = np.argsort(score, kind="stable")
    cuts = np.unique((np.array(SHARES) * len(order)).astype(int))
    chunks = [chunk for chunk in np.split(order, cuts) if len(chunk)]
    means = [(float(score[chunk].mean()), float(right[chunk].mean()), len(chunk)) for chunk in chunks]
    pooled: list[tuple[float, float, int]] = []
    for x, y, count in means:
        block = (x, y, count)
        while pooled and pooled[-1][1] >= block[1]:
            before = pooled.pop()
            total = before[2] + block[2]
            block = (
                (before[0] * before[2] + block[0] * block[2]) / total,
                (before[1] * before[2] + block[1] * block[2]) / total,
                total,
            )
        pooled.append(block)
    inner = {round(x, 4): round(y, 4) for x, y, _ in pooled if 0 < round(x, 4) < 1}
    first, last = round(pooled[0][1], 4), round(pooled[-1][1], 4)
    return tuple(sorted({0.0: first, **inner, 1.0: last}.items()))


def calibration_error(probability: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over equal-mass bins (Guo et al., ICML 2017)."""
    chunks = np.array_split(np.argsort(probability, kind="stable"), bins)
    gaps = [abs(float(probability[chunk].mean()) - float(right[chunk].mean())) * len(chunk) for chunk in chunks]
    return sum(gaps) / len(probability)


def _through(knots: tuple[tuple[float, float], ...], score: F32) -> NDArray[np.float64]:
    xs, ys = zip(*knots, strict=True)
    return np.asarray(np.interp(score, xs, ys), np.float64)
