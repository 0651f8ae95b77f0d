"""Encoded sRGB and linear light (IEC 61966-2-1), by tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from services.kit.pictures import icc as icc_format
from services.kit.pictures.compiled import require_place

_LINEAR: NDArray[np.float32] = icc_format.srgb_transfer(np.arange(256) / 255.0).astype(np.float32)
# Light from which the next level is the nearest one, in encoded terms; then an end stop that no light reaches.
_NEXT_LEVEL: NDArray[np.float32] = np.append(
    icc_format.srgb_transfer((np.arange(255) + 0.5) / 255.0).astype(np.float32), np.float32(np.inf)
)
_BINS = 4096
require_place()  # the first of our modules with compiled code
_BAND = 256  # rows
# Columns are linear sRGB primaries in linear Display P3; sRGB lies inside, so nothing is clipped and no intent matters.
_SRGB_TO_P3: NDArray[np.float32] = np.linalg.solve(
    icc_format.rgb_to_xyz(icc_format.P3_PRIMARIES, icc_format.D65),
    icc_format.rgb_to_xyz(icc_format.SRGB_PRIMARIES, icc_format.D65),
).astype(np.float32)
_FIRST_GUESS: NDArray[np.uint8] = np.searchsorted(_NEXT_LEVEL, np.arange(_BINS + 1) / _BINS, side="right").astype(
    np.uint8
)


def to_linear(encoded: NDArray[Any]) -> NDArray[np.float32]:
    """Linear light, float32 of the same shape, from sRGB as uint8, uint16 or floats in [0, 1]."""
    if encoded.dtype == np.uint8:
        looked_up: NDArray[np.float32] = _LINEAR[encoded]
        return looked_up
    values = encoded.astype(np.float32)
    if encoded.dtype == np.uint16:
        values /= np.float32(65535)
    low = values <= np.float32(0.04045)
    linear: NDArray[np.float32] = np.maximum(values, 0)
    linear += np.float32(0.055)
    linear /= np.float32(1.055)
    np.power(linear, np.float32(2.4), out=linear)
    linear[low] = values[low] / np.float32(12.92)
    return linear


def to_srgb8(linear: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 sRGB of the same shape, the level nearest in encoded terms; light outside [0, 1] is clipped, NaN is 0."""
    values = np.asarray(linear, dtype=np.float32, order="C")
    levels = np.empty(values.shape, np.uint8)
    _encode(values.reshape(-1), levels.reshape(-1), _FIRST_GUESS, _NEXT_LEVEL)
    return levels


def srgb_profile() -> bytes:
    """The ICC profile that goes with every picture we write: 'sRGB IEC61966-2.1', 2.5 KB."""
    return icc_format.srgb()


def display_p3_profile() -> bytes:
    """The ICC profile 'Display P3', same size and kind as that of sRGB."""
    return icc_format.display_p3()


def srgb_to_display_p3(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same colours encoded for Display P3, by a matrix in linear light; greys keep their values.

    rgb: uint8 (H, W, 3), or (H, W, 4) with alpha, which stays as it is.
    """
    out = rgb.copy()
    for top in range(0, len(rgb), _BAND):
        out[top : top + _BAND, :, :3] = to_srgb8(to_linear(rgb[top : top + _BAND, :, :3]) @ _SRGB_TO_P3.T)
    return out


@njit(cache=True, nogil=True)
def _encode(
    values: NDArray[np.float32],
    levels: NDArray[np.uint8],
    first_guess: NDArray[np.uint8],
    next_level: NDArray[np.float32],
) -> None:
    for index in range(values.size):
        value = values[index]
        if not value > 0.0:
            levels[index] = 0
        elif value >= 1.0:
            levels[index] = 255
        else:
            level = first_guess[np.int64(value * np.float32(_BINS))]
            while value >= next_level[level]:
                level += 1
            levels[index] = level
