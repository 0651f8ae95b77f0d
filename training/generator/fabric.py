"""Garments of real cloth, with exact alpha: shapes of garments filled with the middle of other photos of garments.

There are few labelled phone photos, and a network that has seen few cloths takes a bold pattern for the ground. Where
garments are photographed their middle is cloth; cut to another garment's shape it is a garment nobody has seen yet.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from training.generator.light import F32, U8, blur, field, pick
from training.generator.plain import shirt

PANELLED = 0.35
"""Share of garments with a part of another cloth: sleeves, a yoke, a hem."""


def fabric(rng: np.random.Generator, side: int, photos: Sequence[U8], shapes: Sequence[U8]) -> U8:
    """A straight RGBA uint8 cut-out, `side` long or less. photos: of garments. shapes: their masks or alphas, uint8."""
    alpha = _shape(rng, side, shapes)
    colour = cloth(rng, side, pick(rng, photos))
    if rng.random() < PANELLED:
        seam = blur(_half(rng, side), 0.8)[..., None]
        colour = colour + (cloth(rng, side, pick(rng, photos)) - colour) * seam
    folds = field(rng, side, int(rng.integers(3, 9)), 0.72, 1.1)
    rim = 1 - rng.uniform(0, 0.35) * (1 - blur(alpha, 0.02 * side)) * 2  # cloth turns away from the light there
    lit = colour * (folds * np.clip(rim, 0.3, 1))[..., None]
    left, top, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
    made = np.dstack([np.clip(lit, 0, 255), alpha * 255]).round().astype(np.uint8)
    return np.ascontiguousarray(made[top : top + height, left : left + width])


def cloth(rng: np.random.Generator, side: int, photo: U8) -> F32:
    """A window near the middle of a photo, at (side, side, 3), encoded, turned and mirrored at random."""
    height, width = photo.shape[:2]
    edge = int(rng.uniform(0.2, 0.45) * min(height, width))
    y = int(np.clip(height / 2 + rng.normal(0, 0.08) * height - edge / 2, 0, height - edge))
    x = int(np.clip(width / 2 + rng.normal(0, 0.08) * width - edge / 2, 0, width - edge))
    part = np.rot90(photo[y : y + edge, x : x + edge], int(rng.integers(4)))
    if rng.random() < 0.5:
        part = part[:, ::-1]
    large = cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    grain = blur(rng.standard_normal((side, side), dtype=np.float32), rng.uniform(0.5, 1.5))
    return np.asarray(large * (1 + rng.uniform(0.02, 0.12) * grain)[..., None], np.float32)


def _shape(rng: np.random.Generator, side: int, shapes: Sequence[U8]) -> F32:
    """Alpha (side, side) in [0, 1]: one of the shapes, smoothed, or a drawn shirt."""
    if not shapes or rng.random() < 0.25:
        mask = np.zeros((2 * side, 2 * side), np.uint8)
        cv2.fillPoly(mask, [(shirt(rng, side) * 2).round().astype(np.int32)], 255)
        return np.asarray(cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
    mask = pick(rng, shapes)
    scale = 0.95 * side / max(mask.shape)
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    grown = cv2.resize(mask, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    soft = blur(grown.astype(np.float32) / 255, 0.004 * side)
    crisp = np.clip((soft - 0.5) * rng.uniform(2, 6) + 0.5, 0, 1)
    alpha = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    alpha[top : top + size[1], left : left + size[0]] = crisp
    alpha[[0, -1]] = 0
    alpha[:, [0, -1]] = 0
    return alpha


def _half(rng: np.random.Generator, side: int) -> F32:
    """1 beyond one line, or outside two that lean: a yoke, a hem, both sleeves."""
    across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    if rng.random() < 0.5:
        lean = rng.uniform(-0.5, 0.5)
        return np.asarray(np.abs(across) > rng.uniform(0.2, 0.5) + lean * down, np.float32)
    turn = rng.normal(0, 0.2)
    return np.asarray(down * np.cos(turn) + across * np.sin(turn) > rng.uniform(-0.6, 0.6), np.float32)
