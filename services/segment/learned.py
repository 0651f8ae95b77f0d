"""A model's answer as a Segmentation, whoever runs the model.

Two looks: a small picture tells best *what* the product is, a large one *where* it ends (a network loses the whole
when the picture grows beyond what it was trained at). The large look counts along the small one's outline, unless the
two contradict each other over an area.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.segment.geometry import grow, letterbox, unletterbox
from services.segment.models import Manifest
from services.segment.port import Segmentation
from services.segment.review import signs

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

BAND = 0.012  # half width of the outline's band, in longer sides
CONTRADICTION = 0.6  # mean difference over twice the band's width at which the small look keeps its answer


class Runner(Protocol):
    """Runs the model contract."""

    def run(self, pixels: U8) -> U8:
        """uint8 [N, S, S, 3] RGB to uint8 [N, S, S, 2] (alpha, confidence), 255 is one."""


class LearnedSegmenter:
    """A model behind a runner, with its manifest's looks and calibration."""

    def __init__(self, profile: str, runner: Runner, manifest: Manifest) -> None:
        self._profile, self._runner, self._manifest = profile, runner, manifest

    @property
    def profile(self) -> str:
        return self._profile

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3). The plate is not used."""
        del plate
        alpha, score = self._look(rgb, self._manifest.looks[0])
        for side in self._manifest.looks[1:]:
            fine, fine_score = self._look(rgb, side)
            alpha, score = merge(alpha, score, fine, fine_score)
        confidence = self._manifest.calibration.apply(score, alpha)
        review = self._manifest.review
        risk = None if review is None else review.risk(signs(alpha, confidence, rgb))
        return Segmentation(alpha, confidence, risk)

    def _look(self, rgb: U8, side: int) -> tuple[F32, F32]:
        square, box = letterbox(rgb, side)
        answer = unletterbox(self._runner.run(square[None])[0], box).astype(np.float32) / 255
        return np.ascontiguousarray(answer[..., 0]), np.ascontiguousarray(answer[..., 1])


def merge(alpha: F32, score: F32, fine: F32, fine_score: F32) -> tuple[F32, F32]:
    """The coarse look's regions with the fine look's outline, at the fine grid; and the score of that."""
    height, width = fine.shape
    alpha, score = grow(alpha, height, width), grow(score, height, width)
    radius = max(1.0, BAND * max(height, width))
    area = (0, 0), 2 * radius
    apart = np.abs(cv2.GaussianBlur(fine, *area) - cv2.GaussianBlur(alpha, *area))
    trust = _band(alpha, radius) * np.clip(1 - apart / CONTRADICTION, 0, 1)
    merged = trust * fine + (1 - trust) * alpha
    doubt = np.clip(np.abs(fine - alpha) - 0.1, 0, 1) * (1 - trust)
    return merged, (trust * fine_score + (1 - trust) * score) * (1 - doubt)


def _band(alpha: F32, radius: float) -> F32:
    """1 along the outline and where alpha is in doubt, falling softly to 0."""
    rim = cv2.morphologyEx((alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    doubtful = ((alpha > 0.1) & (alpha < 0.9)).astype(np.uint8)
    size = 2 * round(radius) + 1
    wide = cv2.dilate(rim | doubtful, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.asarray(cv2.GaussianBlur(wide.astype(np.float32), (0, 0), radius / 3), np.float32)
