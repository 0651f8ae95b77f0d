"""Model and paper together, each where it is surer.

Without a usable plate the answer is the model's, its regions settled by the photo's colours (`colours.py`). With one,
every pixel is the mean of both weighted by the odds their calibrated confidences give; what differs from paper is
surely no paper, but what looks like paper may be a product of its tone, so the paper's word counts for less there.
Where it contradicts what the model is sure of, its word counts for little all around: a white shirt on white paper is
lost to it piece by piece, outline first. Where the model sees product all over what the plate calls paper, the plate
has most likely taken a plain fabric for the background: the model answers alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.segment.calibrate import IDENTITY, Calibration
from services.segment.colours import settle
from services.segment.geometry import grow
from services.segment.port import Segmentation, Segmenter

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SUREST = 0.995  # confidence of the model from which its odds grow no further
SUREST_PRODUCT, SUREST_EMPTY = 0.7, 0.55  # the same for the paper's word, by what it says
SHARPNESS = 2  # power of the odds: who is surer decides, few pixels are blends
SURE = 0.97  # confidence of the model from which being contradicted speaks against the paper
REACH = 0.03  # how far it does, in longer sides
DISTRUST = 40  # power of the share of the sure places nearby where both agree
SWALLOWED = 0.5  # share of the surest paper the model may call product


class FusedSegmenter:
    """model: any Segmenter that needs no plate; paper: one that does."""

    profile = "fused"

    def __init__(self, model: Segmenter, paper: Segmenter, calibration: Calibration = IDENTITY) -> None:
        self._model, self._paper, self._calibration = model, paper, calibration

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3)."""
        learned = self._model.segment(rgb, None)
        if plate is None or not plate.usable:
            return settle(rgb, learned)
        seen = self._paper.segment(rgb, plate)
        height, width = seen.alpha.shape
        alpha, confidence = grow(learned.alpha, height, width), grow(learned.confidence, height, width)
        paper = (seen.alpha < 0.05) & (seen.confidence > 0.8)
        if not paper.any() or float((alpha[paper] > 0.5).mean()) > SWALLOWED:
            return learned
        fused, score = combine(alpha, confidence, seen.alpha, seen.confidence)
        # What the model says of itself ranks better than the same signs of the fused answer (benchmarks/segment).
        return Segmentation(fused, self._calibration.apply(score, fused), learned.review_risk)


def combine(alpha: F32, confidence: F32, other: F32, other_confidence: F32) -> tuple[F32, F32]:
    """The model's opinion and the paper's (`other`): the mean by odds, and a score that falls where they differ."""
    limit = np.where(other > 0.5, np.float32(SUREST_PRODUCT), np.float32(SUREST_EMPTY))
    mine = _odds(confidence)
    theirs = _odds(np.minimum(other_confidence, limit)) * agreement(alpha, confidence, other) ** DISTRUST
    share = theirs / (mine + theirs)
    fused = alpha + share * (other - alpha)
    surest = np.maximum(confidence, other_confidence)
    agreed = 1 - (1 - confidence) * (1 - other_confidence)
    apart = np.clip((np.abs(alpha - other) - 0.1) / 0.4, 0, 1)
    contest = 4 * share * (1 - share)  # 1 where both weigh the same
    score = (1 - apart) * agreed + apart * surest * (1 - 0.5 * contest)
    return fused.astype(np.float32), score.astype(np.float32)


def agreement(alpha: F32, confidence: F32, other: F32) -> F32:
    """float32 (h, w), 0 to 1: of the places nearby where the model is sure, the share where the paper agrees; 1 where
    there are none."""
    sure = (confidence > SURE).astype(np.float32)
    against = sure * (np.abs(alpha - other) > 0.5)
    height, width = alpha.shape
    small = max(1, width // 4), max(1, height // 4)
    spread = REACH * max(small)
    near, wrong = (
        cv2.GaussianBlur(cv2.resize(plane, small, interpolation=cv2.INTER_AREA), (0, 0), spread)
        for plane in (sure, against)
    )
    return np.clip(1 - grow(wrong / np.maximum(near, np.float32(1e-3)), height, width), 0, 1)


def _odds(confidence: F32) -> F32:
    bounded = np.clip(confidence, 0.02, SUREST)
    return np.asarray((bounded / (1 - bounded)) ** SHARPNESS, np.float32)
