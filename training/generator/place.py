"""Put a cut-out into the frame: scale, turn, shift, in premultiplied linear light."""

from __future__ import annotations

import cv2
import numpy as np

from training.generator.light import F32, U8, to_linear, to_srgb


def premultiplied(cutout: U8) -> F32:
    """RGBA uint8, straight, encoded -> float32 RGBA, premultiplied, linear."""
    alpha = cutout[..., 3:].astype(np.float32) / 255
    return np.concatenate([to_linear(cutout[..., :3]) * alpha, alpha], axis=2)


def place(rng: np.random.Generator, cutout: U8, side: int, fill: float) -> F32:
    """The cut-out on an empty frame (side, side, 4); its long side takes `fill` of the frame (above 1: it is cut)."""
    layer = premultiplied(cutout)
    scale = fill * side / max(layer.shape[:2])
    if scale < 0.75:  # shrink by means first, so that warping never skips pixels
        layer = cv2.resize(layer, None, fx=scale * 1.15, fy=scale * 1.15, interpolation=cv2.INTER_AREA)
        scale = fill * side / max(layer.shape[:2])
    height, width = layer.shape[:2]
    draw = rng.random()
    angle = 0.0 if draw < 0.55 else rng.uniform(-25, 25) if draw < 0.88 else rng.uniform(-180, 180)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    centre = rng.uniform(0.36, 0.64, 2) * side
    matrix[:, 2] += centre - matrix @ np.array([width / 2, height / 2, 1])
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += side
    interpolation = cv2.INTER_CUBIC if scale > 1.05 else cv2.INTER_LINEAR
    placed = np.asarray(np.clip(cv2.warpAffine(layer, matrix, (side, side), flags=interpolation), 0, 1), np.float32)
    placed[..., :3] = np.minimum(placed[..., :3], placed[..., 3:])
    return placed


def recolour(rng: np.random.Generator, layer: F32) -> F32:
    """The same thing in another colour or exposure; alpha untouched."""
    gain = rng.uniform(0.5, 1.5, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(0.35, 1.5))
    layer[..., :3] = np.clip(layer[..., :3] * gain.astype(np.float32), 0, layer[..., 3:])
    return layer


def bleached(rng: np.random.Generator, cutout: U8) -> U8:
    """The same thing in white, lit until its brightest parts clip: RGBA uint8, alpha untouched."""
    linear = to_linear(cutout[..., :3])
    grey = linear.mean(-1, keepdims=True)
    solid = grey[cutout[..., 3] > 250]
    if not len(solid):
        return cutout
    pale = grey + (linear - grey) * np.float32(rng.uniform(0, 0.4))
    gain = rng.uniform(0.5, 1.0) / max(float(np.median(solid)), 0.02)
    pale = pale * np.float32(gain) if gain > 1 else pale
    lifted = 1 - (1 - np.clip(pale, 0, 1)) * np.float32(rng.uniform(0.4, 1.0))  # white cloth has shallow shades
    white = (to_srgb(lifted) * 255 + 0.5).astype(np.uint8)
    return np.dstack([white, cutout[..., 3]])
