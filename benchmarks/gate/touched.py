"""Would a reviewer touch this result? Answered from the truth, on the hero crop: the product's box and 8 % about it,
its long side scaled to 2048 px.

Yes, when any of these holds:

* edge accuracy below 0.95: F measure of the 0.5 outline within 2 px (holes below 25 px² left out, and outline where
  the true alpha takes more than 8 px from 0 to 1: hair, fringe, sheer cloth, motion);
* a connected place larger than 0.1 % of the product with |alpha - truth| > 0.5 that is wider than 4 px (so that an
  outline slightly off, which the first rule judges, is not counted again): a missing strap, a filled hole, a shadow
  or a stray thing taken along;
* mean alpha above 0.05 over the true shadow (where it takes 5 % of the light or more).

Where the truth is no better than that itself, the outline counts within more: 4 px for the people, whose alpha was
recovered from photos of 1024 px, and 8 px for the phone photos, drawn masks on 400 px.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SIDE = 2048
EDGE, REGION, LEAK = 0.95, 0.001, 0.05
_SOFT = 8
_SPECK = 25


@dataclass(frozen=True)
class Faults:
    """edge: F measure, 0 to 1. region: area of the largest wrong place over the product's. leak: mean alpha on
    shadow."""

    edge: float
    region: float
    leak: float

    @property
    def touched(self) -> bool:
        return self.edge < EDGE or self.region > REGION or self.leak > LEAK


def faults(alpha: F32, truth: F32, shade: F32, *, within: int = 2) -> Faults:
    """alpha, truth, shade: float32 (H, W) in [0, 1]; a truth without any product counts every found pixel as wrong."""
    ys, xs = np.where(truth > 0.02)
    around = round(0.08 * max(np.ptp(ys), np.ptp(xs)))
    crop = np.s_[max(0, ys.min() - around) : ys.max() + around + 1, max(0, xs.min() - around) : xs.max() + around + 1]
    scale = SIDE / max(truth[crop].shape)
    found, real = (
        cv2.resize(np.ascontiguousarray(plane[crop]), None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        for plane in (alpha, truth)
    )
    wrong = max(_largest_wrong(found, real), _largest_wrong(alpha, truth))
    dark = (shade >= 0.05) & (truth < 0.02)
    leak = float(alpha[dark].mean()) if dark.any() else 0.0
    return Faults(_edge(found, real, within), wrong, leak)


def _edge(found: F32, real: F32, tolerance: int) -> float:
    mine, true = _outline(found), _outline(real)
    wide = _distance(real < 0.95) + _distance(real > 0.05) > _SOFT
    soft = cv2.dilate((wide & (true > 0)).astype(np.uint8), np.ones((4 * _SOFT + 1,) * 2, np.uint8)) > 0
    mine, true = np.where(soft, 0, mine), np.where(soft, 0, true)
    if not true.any():
        return 1.0
    if not mine.any():
        return 0.0
    precision = float((_distance(true == 0)[mine > 0] <= tolerance).mean())
    recall = float((_distance(mine == 0)[true > 0] <= tolerance).mean())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _distance(away: NDArray[np.bool_]) -> F32:
    """Of every pixel to the nearest where `away` is False."""
    return np.asarray(cv2.distanceTransform(away.astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _outline(alpha: F32) -> U8:
    """Boundary pixels of alpha >= 0.5, without the specks."""
    solid = (alpha >= 0.5).astype(np.uint8)
    for value in (1, 0):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((solid == value).astype(np.uint8), connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < _SPECK
        small[0] = False
        solid[small[labels]] = 1 - value
    return np.asarray(solid - cv2.erode(solid, np.ones((3, 3), np.uint8)), np.uint8)


def _largest_wrong(found: F32, real: F32) -> float:
    width = max(3, round(5 * max(real.shape) / SIDE))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    wrong = cv2.morphologyEx((np.abs(found - real) > 0.5).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    _, _, stats, _ = cv2.connectedComponentsWithStats(wrong, connectivity=8)
    return float(max(stats[1:, cv2.CC_STAT_AREA], default=0) / max((real > 0.5).sum(), 1))
