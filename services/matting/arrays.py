"""Array types of this room and the light domain the solver works in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

BACKGROUND = 0
UNKNOWN = 128
FOREGROUND = 255

# Reordering of sums is welcome, ignoring NaN and infinity is not.
RELAXED = {"reassoc", "contract", "nsz", "arcp"}


def _decode(codes: F64) -> F32:
    """sRGB code value in [0, 1] to linear light (IEC 61966-2-1)."""
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode(linear: NDArray[np.floating]) -> F32:
    """Linear light in [0, 1] to sRGB code value in [0, 1], float32."""
    light = np.clip(linear, 0, 1)
    codes = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(codes, np.float32)


# uint8 code to linear light, float32 (256,).
LINEAR: F32 = _decode(np.arange(256) / 255.0)

# Linear light quantised to 1 / 4095 to uint8 code, (4096,). Fine enough: the steepest code step is 1 / 3295.
CODES: U8 = np.rint(encode(np.arange(4096) / 4095.0) * 255).astype(np.uint8)
