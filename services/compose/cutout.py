"""The product as matting hands it over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.compose.errors import CutoutMismatch


@dataclass(frozen=True)
class Cutout:
    """All of one size (H, W), upright. Raises CutoutMismatch otherwise."""

    photo: np.ndarray  # uint8 (H, W, 3), encoded sRGB: the photo as taken
    foreground: np.ndarray  # uint8 (H, W, 3), encoded sRGB: the product's own colours, without spill of the paper
    alpha: np.ndarray  # float32 (H, W) in [0, 1]

    def __post_init__(self) -> None:
        expected = self.photo.shape[:2]
        for part, found in (("cut-out", self.foreground.shape[:2]), ("alpha", self.alpha.shape)):
            if found != expected:
                raise CutoutMismatch(
                    part=part, found=f"{found[1]} x {found[0]}", expected=f"{expected[1]} x {expected[0]}"
                )
