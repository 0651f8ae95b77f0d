"""Shadows of a placed product. They darken the ground and are never truth."""

from __future__ import annotations

import cv2
import numpy as np

from training.generator.light import F32, blur


def shadow(rng: np.random.Generator, alpha: F32) -> F32:
    """Share of the light taken from the ground, (side, side) in [0,1]: a cast shadow and, often, a contact shadow."""
    side = alpha.shape[0]
    small = cv2.resize(alpha, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    out = _cast(rng, small)
    if rng.random() < 0.6:
        out = np.maximum(out, _contact(rng, small))
    return np.asarray(cv2.resize(out, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _cast(rng: np.random.Generator, alpha: F32) -> F32:
    side = alpha.shape[0]
    lean, drift, drop = rng.uniform(-0.3, 0.3), rng.uniform(-0.08, 0.08), rng.uniform(-0.01, 0.08)
    matrix = np.array([[1, lean, (drift - lean / 2) * side], [0, rng.uniform(0.85, 1.05), drop * side]], np.float32)
    return blur(cv2.warpAffine(alpha, matrix, (side, side)), rng.uniform(0.002, 0.035) * side) * np.float32(
        rng.uniform(0.15, 0.65)
    )


def _contact(rng: np.random.Generator, alpha: F32) -> F32:
    side = alpha.shape[0]
    rows = np.flatnonzero(alpha.max(1) > 0.5)
    if not len(rows):
        return np.zeros_like(alpha)
    foot = np.where(np.arange(side)[:, None] > rows[-1] - 0.06 * side, alpha, 0).astype(np.float32)
    spread = blur(foot, rng.uniform(0.003, 0.018) * side)
    return np.roll(spread, int(0.008 * side), axis=0) * np.float32(rng.uniform(0.3, 0.85))
