"""The Segmenter port: where the product is, whoever answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Segmentation:
    """alpha: float32 (h, w), 0 to 1, at the profile's own grid with the photo's aspect. confidence: float32 (h, w),
    P(|alpha - truth| <= 0.1). review_risk: P(a person would touch the outline), of a model that was fitted for it."""

    alpha: F32
    confidence: F32
    review_risk: float | None = None


class Segmenter(Protocol):
    """One way to find the product. Implementations are safe to call from several threads."""

    @property
    def profile(self) -> str:
        """The profile's name."""

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3), encoded sRGB, upright. plate: the photo's background, if there is one; profiles that
        need none ignore it. Raises rows of services/segment/errors.py."""
