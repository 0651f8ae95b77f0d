"""Standard shadows, made from the product's outline on the canvas.

Each is how much light it takes away, float32 in [0, 1]; together they are one multiply map, 255 where there is none.
All lengths are shares of the longer canvas side. Shadows are soft, so they are computed at most WORK pixels long and
enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from services.compose.template import ShadowLayer

WORK = 1024
CAST_STEPS = 6


def standard(alpha: np.ndarray, layers: Sequence[ShadowLayer], grounded: bool) -> np.ndarray:
    """The multiply map, uint8 (H, W), of a product with canvas alpha (uint8 (H, W)).

    `grounded`: False when the photo's frame cuts the product at the bottom; then nothing touches the ground and only
    drop shadows are drawn.
    """
    height, width = alpha.shape
    shrink = min(1.0, WORK / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    cover = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    light = np.ones_like(cover)
    if cover.max() >= 0.5:
        for layer in layers:
            if layer.kind == "drop":
                light *= 1 - layer.strength * _drop(cover, layer)
            elif grounded:
                light *= 1 - layer.strength * (_contact if layer.kind == "contact" else _cast)(cover, layer)
    full = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.rint(full.clip(0, 1) * 255), np.uint8)


def _contact(cover: np.ndarray, layer: ShadowLayer) -> np.ndarray:
    """The dark line where the product meets the ground: along the lowest edge of each column, near the ground only."""
    rows, columns = cover.shape
    reach = max(layer.height * max(rows, columns), 1.0)
    opaque = cover >= 0.5
    filled = opaque.any(axis=0)
    lowest = np.where(filled, rows - 1 - np.argmax(opaque[::-1], axis=0), 0).astype(np.float32)
    ground = lowest.max()
    near = np.where(filled, np.exp(-(((ground - lowest) / (2 * reach)) ** 2)), 0.0).astype(np.float32)
    y = np.arange(rows, dtype=np.float32)[:, None]
    line = np.exp(-(((y - lowest) / (0.6 * reach)) ** 2)) * near
    return np.asarray(_blur(line, layer.blur * max(rows, columns)))


def _drop(cover: np.ndarray, layer: ShadowLayer) -> np.ndarray:
    """The outline, moved and softened: light from the front."""
    side = max(cover.shape)
    soft = _blur(cover, layer.blur * side)
    return _move(soft, layer.dx * side, layer.dy * side)


def _cast(cover: np.ndarray, layer: ShadowLayer) -> np.ndarray:
    """The outline laid onto the ground; softer and fainter the higher the part that casts it."""
    rows, columns = cover.shape
    filled = np.flatnonzero((cover >= 0.5).any(axis=1))
    ground, tall = float(filled[-1]) + 1.0, float(filled[-1] - filled[0]) + 1.0
    depth = layer.length
    # A point h above the ground lands at (x + lean * depth * h, ground - depth * h).
    lay = np.array(
        [[1, -layer.lean * depth, layer.lean * depth * ground], [0, depth, ground * (1 - depth)]], np.float32
    )
    fine = cv2.GaussianBlur(cover, (0, 0), sigmaX=0.5, sigmaY=max(0.4 / depth, 0.5), borderType=cv2.BORDER_REPLICATE)
    laid = cv2.warpAffine(fine, lay, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)
    far = np.clip((ground - np.arange(rows, dtype=np.float32)[:, None]) / (depth * tall), 0, 1)
    blurs = np.geomspace(0.15, 1.0, CAST_STEPS) * layer.blur * max(rows, columns)
    at = far * (CAST_STEPS - 1)
    out = np.zeros_like(cover)
    for step, sigma in enumerate(blurs):
        share = np.clip(1 - np.abs(at - step), 0, 1)
        out += share * _blur(laid, float(sigma))
    return np.asarray(out * (1 - far) ** 0.7)


def _blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian; wide ones on a smaller picture. What touches the border goes on beyond it."""
    shrink = int(sigma / 5)
    if shrink > 1:
        rows, columns = values.shape
        small = cv2.resize(values, (max(1, columns // shrink), max(1, rows // shrink)), interpolation=cv2.INTER_AREA)
        soft = _blur(small, sigma / shrink)
        return np.asarray(cv2.resize(soft, (columns, rows), interpolation=cv2.INTER_LINEAR))
    if sigma < 0.3:
        return values
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def _move(values: np.ndarray, dx: float, dy: float) -> np.ndarray:
    rows, columns = values.shape
    shift = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return np.asarray(
        cv2.warpAffine(values, shift, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )
