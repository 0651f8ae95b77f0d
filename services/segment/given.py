"""A photo that is a cut-out already: its own alpha is the answer, and nothing is guessed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.kit.pictures import Picture
from services.segment.port import Segmentation

CLEAR, SOLID = 5, 250  # 8-bit alpha that surely means nothing and product
SHARE = 0.01  # of the picture that must be each: an alpha channel full of 255, or of dust, says nothing


def given(picture: Picture) -> Segmentation | None:
    """The file's alpha with full confidence, float32 (H, W) of the decoded size; None where it marks no product."""
    alpha: NDArray[np.uint8] | None = picture.alpha
    if alpha is None or (alpha <= CLEAR).mean() < SHARE or (alpha >= SOLID).mean() < SHARE:
        return None
    return Segmentation((alpha / np.float32(255)).astype(np.float32), np.ones(alpha.shape, np.float32))
