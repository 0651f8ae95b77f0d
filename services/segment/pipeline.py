"""What the service does, on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.segment.calibrate import edge_band
from services.segment.port import Segmentation, Segmenter

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class SegmentNumbers:
    """foreground_share: of the picture, 0 to 1. edge_confidence: mean confidence along the outline, 1 if there is none.
    mean_confidence: over the picture. review_risk: P(a person would touch the outline), None where the profile's model
    was not fitted for it."""

    foreground_share: float
    edge_confidence: float
    mean_confidence: float
    review_risk: float | None = None


def segment(
    segmenter: Segmenter, rgb: U8, plate: Plate | None, given: Segmentation | None = None
) -> tuple[Segmentation, SegmentNumbers]:
    """rgb: uint8 (H, W, 3), upright. given: what the photo's own alpha says; then nobody else is asked.

    Raises rows of services/segment/errors.py.
    """
    found = given or segmenter.segment(rgb, plate)
    return found, numbers(found)


def numbers(found: Segmentation) -> SegmentNumbers:
    """The figures a gate may look at."""
    band = edge_band(found.alpha)
    return SegmentNumbers(
        foreground_share=float(found.alpha.mean()),
        edge_confidence=float(found.confidence[band].mean()) if band.any() else 1.0,
        mean_confidence=float(found.confidence.mean()),
        review_risk=found.review_risk,
    )
