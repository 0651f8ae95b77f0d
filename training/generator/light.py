"""sRGB and linear light by table (IEC 61966-2-1), and a few smooth random fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
T = TypeVar("T")

_CODE = np.arange(256) / 255.0
_LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4).astype(np.float32)
_STEPS = 1 << 14
_LEVEL = np.arange(_STEPS + 1) / _STEPS
_SRGB = np.where(_LEVEL <= 0.0031308, _LEVEL * 12.92, 1.055 * _LEVEL ** (1 / 2.4) - 0.055).astype(np.float32)


def to_linear(rgb: U8) -> F32:
    """Encoded sRGB uint8 -> linear light in [0,1], same shape."""
    return _LINEAR[rgb]


def to_srgb(linear: F32) -> F32:
    """Linear light, clipped to [0,1] -> encoded sRGB in [0,1], same shape."""
    return _SRGB[(np.clip(linear, 0, 1) * _STEPS + 0.5).astype(np.uint16)]


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """One of the items, each as likely as the next."""
    return items[int(rng.integers(len(items)))]


def field(rng: np.random.Generator, side: int, nodes: int, low: float, high: float) -> F32:
    """A smooth random field (side, side) through nodes x nodes uniform values."""
    coarse = rng.uniform(low, high, (nodes, nodes)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def blur(image: F32, sigma: float) -> F32:
    """Gaussian blur; wide ones on a smaller grid, where they cost nothing."""
    if sigma < 0.2:
        return image
    factor = int(sigma / 3)
    if factor < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(width // factor, 4), max(height // factor, 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
