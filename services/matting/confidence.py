"""The solver's doubt merged with the model's: P(|alpha - truth| <= 0.1) at every pixel.

Where the model decided (its share, see field.law, is near 1) its own confidence stands. Where the colours decided, the
probability is a logistic function of two things: whether the pixel is mixed at all (a clear 0 or 1 is rarely wrong)
and the variance that the colours leave. Its coefficients were fitted on the
products that fixed the law, by `benchmarks/matting/chain.py`; the table there shows how honest it is on the others.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numba import njit

from services.matting.arrays import F32, I32, U8
from services.matting.field import law
from services.matting.field.band import Band
from services.matting.field.sampling import bilinear

_CLEAR, _MIXED, _VARIANCE = 17.5, -19.8, -1.9
_SOFT = 0.6  # sqrt(4 a (1 - a)) at alpha 0.1: from there to 0.9 a pixel counts as fully mixed


@njit(cache=True, nogil=True)
def _merge(
    trimap: U8, alpha: F32, belief: F32, position: I32, size: int, strength: F32, told: F32, table: F32,
    out: U8,
) -> None:  # fmt: skip
    """Writes out uint8 (H, W) at unknown pixels. told: float32 (n,), the colours' logit at a clear pixel."""
    height, width = trimap.shape
    scale_y, scale_x = belief.shape[0] / height, belief.shape[1] / width
    for k in range(len(position)):
        top, left = position[k, 0] * size, position[k, 1] * size
        for y in range(top, min(height, top + size)):
            for x in range(left, min(width, left + size)):
                value = trimap[y, x]
                if value in (0, 255):
                    continue
                a = alpha[y, x]
                c = min(max(bilinear(belief, y, x, scale_y, scale_x), 0.02), 0.98)
                share = law.share(strength[k], c, table)
                mixed = min(1.0, 2 * math.sqrt(max(a * (1 - a), 0.0)) / _SOFT)
                colours = told[k] + _MIXED * mixed
                logit = (1 - share) * colours + share * math.log(c / (1 - c))
                out[y, x] = int(255 / (1 + math.exp(-logit)) + 0.5)


def merge(trimap: U8, alpha: F32, belief: F32, band: Band, weighing: law.Law | None = None) -> U8:
    """uint8 (H, W), 255 for certainty: the model's confidence at known pixels, the merged one in the band.

    alpha: the result, float32 (H, W). belief: the model's confidence, float32 (h, w). weighing: the law the alpha was
    solved with.
    """
    weighing = weighing or law.Law()
    codes = (np.clip(belief, 0, 1) * 255 + 0.5).astype(np.uint8)
    out = cv2.resize(codes, (trimap.shape[1], trimap.shape[0]), interpolation=cv2.INTER_LINEAR)
    told = _CLEAR + _VARIANCE * (np.clip(np.log10(np.maximum(band.variance, 1e-6)), -4, 1) + 2)
    _merge(
        trimap, alpha, belief, band.cells.position, band.cells.size,
        law.strength(band.variance, weighing), told.astype(np.float32), law.thresholds(weighing), out,
    )  # fmt: skip
    return np.asarray(out, np.uint8)
