"""Rows of a plane as the bytes a channel holds: at the depth of the document, big-endian."""

from __future__ import annotations

import numpy as np

from services.compose.psd.model import Plane


def rows(plane: Plane, first: int, last: int, bits: int) -> np.ndarray:
    """Rows first to last of `plane`: uint8 (n, w), or big-endian uint16 (n, w) for 16 bits; C-contiguous.

    8 bits become 16 by 257, 16 become 8 by rounding, so that white stays white and going there and back is exact.
    """
    band = np.asarray(plane[first:last])
    if bits == 16:
        wide = band if band.dtype == np.uint16 else band.astype(np.uint16) * np.uint16(257)
        return np.ascontiguousarray(wide, ">u2")
    if band.dtype == np.uint16:
        band = ((band.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.ascontiguousarray(band, np.uint8)


def differences(band: np.ndarray) -> np.ndarray:
    """ZIP's prediction: each sample less the one to its left, modulo the depth; the first of a row stays."""
    native = band.astype(band.dtype.newbyteorder("="), copy=False)
    out = native.copy()
    np.subtract(native[:, 1:], native[:, :-1], out=out[:, 1:])
    return out.astype(band.dtype, copy=False)
