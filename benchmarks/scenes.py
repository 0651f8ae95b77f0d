"""Large photos for benchmarks: made on the spot, so that nobody has to keep them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.pictures import colour, encode


def frame_filling_garment(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    """A knitted panel over about 85 % of the frame, on grey paper; uint8 (height, width, 3), sRGB."""
    rng = np.random.default_rng(seed)
    outline = np.array(
        [[.02, .22], [.30, .03], [.40, .08], [.60, .08], [.70, .03], [.98, .22], [.93, .55], [.84, .52], [.86, .99],
         [.14, .99], [.16, .52], [.07, .55]]
    )  # fmt: skip
    alpha = np.zeros((height, width), np.uint8)
    cv2.fillPoly(alpha, [np.round(outline * (width, height)).astype(np.int32)], 255, cv2.LINE_AA)
    folds = cv2.resize(
        rng.uniform(0.55, 1.0, (12, 9)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    linear = np.empty((height, width, 3), np.float32)
    yarn = np.sin(np.arange(width, dtype=np.float32) * 0.9) * 0.04 + 1
    for channel, (cloth, paper) in enumerate(zip((0.30, 0.07, 0.09), (0.55, 0.55, 0.53), strict=True)):
        share = alpha.astype(np.float32) / 255
        linear[..., channel] = share * cloth * folds * yarn + (1 - share) * paper
    linear += rng.normal(0, 0.006, (height, width, 1)).astype(np.float32)
    return colour.to_srgb8(np.clip(linear, 0, 1))


def as_jpeg(rgb: NDArray[np.uint8]) -> bytes:
    return encode.export(rgb, "jpeg", quality=93, profile=colour.srgb_profile())
