"""Photos as they were taken. The masks of phone photos are hard and about a pixel off, so the rim does not count."""

from __future__ import annotations

import cv2
import numpy as np

from training.generator.light import F32, U8

RIM = 2.5
"""Pixels of the photo on either side of a hard mask's edge that do not count."""


def phone_view(rng: np.random.Generator, photo: U8, mask: U8, side: int, rim: float = RIM) -> tuple[U8, F32, F32]:
    """A random window of the photo, brought to (side, side): picture, alpha and weight (0 on the uncertain rim).

    With `rim` 0 the mask is an alpha and counts everywhere.
    """
    height, width = mask.shape
    share = rng.uniform(0.6, 1.0) if rng.random() < 0.6 else 1.0
    if rng.random() < 0.5:  # square window: no squash
        rows = columns = int(min(height, width) * share)
    else:
        rows, columns = int(height * share), int(width * share)
    y, x = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    view, truth = photo[y : y + rows, x : x + columns], mask[y : y + rows, x : x + columns]
    if rng.random() < 0.5:
        view, truth = view[:, ::-1], truth[:, ::-1]
    if rng.random() < 0.15:
        quarter = int(rng.integers(1, 4))
        view, truth = np.rot90(view, quarter), np.rot90(truth, quarter)
    view = cv2.resize(np.ascontiguousarray(view), (side, side), interpolation=cv2.INTER_CUBIC)
    grey = cv2.resize(np.ascontiguousarray(truth), (side, side), interpolation=cv2.INTER_LINEAR)
    alpha = grey.astype(np.float32) / 255
    weight = np.ones_like(alpha)
    if rim:
        reach = max(round(rim * side / max(rows, columns)), 1)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        solid = (alpha > 0.5).astype(np.uint8)
        weight -= (cv2.dilate(solid, kernel) - cv2.erode(solid, kernel)).astype(np.float32)
    gain = rng.uniform(0.7, 1.25) * (1 + rng.normal(0, 0.06, 3))
    gamma = rng.uniform(0.8, 1.25)
    tinted = np.power(view.astype(np.float32) / 255, gamma) * gain.astype(np.float32)
    return (np.clip(tinted, 0, 1) * 255 + 0.5).astype(np.uint8), alpha, weight
