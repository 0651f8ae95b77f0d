"""From the photo to a model's square grid and back, exactly, for every size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.shrink import shrunk

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Letterbox:
    """Where the picture lies on the square: rows top to top + height, columns left to left + width."""

    side: int
    top: int
    left: int
    height: int
    width: int


def plan(height: int, width: int, side: int) -> Letterbox:
    """The largest picture of that aspect on a square of `side`, in its middle."""
    scale = side / max(height, width)
    inner_height = min(side, max(1, round(height * scale)))
    inner_width = min(side, max(1, round(width * scale)))
    return Letterbox(side, (side - inner_height) // 2, (side - inner_width) // 2, inner_height, inner_width)


def letterbox(rgb: U8, side: int) -> tuple[U8, Letterbox]:
    """rgb uint8 (H, W, 3) on a uint8 (side, side, 3) square; the rim repeats the picture's edge."""
    box = plan(rgb.shape[0], rgb.shape[1], side)
    small = resize(rgb, box.height, box.width)
    square = cv2.copyMakeBorder(
        small,
        box.top,
        side - box.height - box.top,
        box.left,
        side - box.width - box.left,
        cv2.BORDER_REPLICATE,
    )
    return np.asarray(square, np.uint8), box


def unletterbox(grid: NDArray[np.generic], box: Letterbox) -> NDArray[np.generic]:
    """The part of a (side, side, ...) grid that is picture."""
    return grid[box.top : box.top + box.height, box.left : box.left + box.width]


def squash(rgb: U8, side: int) -> U8:
    """rgb uint8 (H, W, 3) at (side, side, 3), aspect given up; for models trained that way."""
    return resize(rgb, side, side)


def resize(picture: U8, height: int, width: int) -> U8:
    """Area averaging when shrinking, bilinear when growing."""
    if picture.shape[:2] == (height, width):
        return picture
    if height * width < picture.shape[0] * picture.shape[1]:
        return np.asarray(shrunk(picture, height, width), np.uint8)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def grow(values: F32, height: int, width: int) -> F32:
    """float32 (h, w) at another size, bilinear between pixel centres."""
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
