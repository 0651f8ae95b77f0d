"""The original shadow: what the photo lost against the clean paper, as a layer to multiply.

The ratio is taken in encoded sRGB, where image editors multiply; against mixing in linear light the error stays within
half an 8-bit level for backgrounds from 18 % grey to white. Under the product the ratio is filled from around it, so
that no bright rim shows when the product moves a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from services.kit import channels
from services.kit.paper import Plate
from services.kit.shrink import shrunk
from services.matting.arrays import F32, U8, encode

_ENCODED = encode(np.arange(65536) / 65535)
_HALF_CODE = np.float32(0.5 / 255)
_GROW = 1
_PRODUCT = 0.02
_MANY = 250_000  # pixels from which one in four tells a median as well


@dataclass(frozen=True)
class ShadowOptions:
    """side: long side of the layer at most. residual, inliers: how well the plate must explain the paper (natural log
    of light; share). border: share of the frame's border that may be in shadow. noise: variance, in units of the
    paper's own, below which a difference is grain."""

    side: int = 2048
    residual: float = 0.015
    inliers: float = 0.35
    border: float = 0.03
    noise: float = 2.0


def extract(rgb: U8, alpha: F32, plate: Plate | None, options: ShadowOptions | None = None) -> tuple[U8 | None, str]:
    """The layer uint8 (h, w, 3), 255 where there is no shadow, and "" - or None and why there is none, in words.

    rgb, alpha: uint8 (H, W, 3) and the final float32 (H, W). The layer has the photo's aspect.
    """
    options = options or ShadowOptions()
    refusal = _refusal(plate, options)
    if refusal or plate is None:
        return None, refusal
    scale = min(1.0, options.side / max(alpha.shape))
    size = max(1, round(alpha.shape[0] * scale)), max(1, round(alpha.shape[1] * scale))
    small, cover = shrunk(rgb, *size), shrunk(alpha, *size)
    # Half a code on both sides keeps black paper from dividing by nothing.
    ratio = np.clip((small.astype(np.float32) / 255 + _HALF_CODE) / (_codes(plate, *size) + _HALF_CODE), 0, 1.25)
    product = cv2.dilate((cover > _PRODUCT).astype(np.uint8), np.ones((2 * _GROW + 1, 2 * _GROW + 1), np.uint8))
    clean = (1 - product).astype(np.float32)
    if clean.mean() < 0.02:
        return None, "the product fills the frame, no paper is seen"
    if _dark_border(ratio, clean) > options.border:
        return None, "the shadow runs out of the frame or the border is not paper"
    layer = _denoised(ratio, clean, options.noise)
    left = _floored(layer, clean)
    if float(left.min()) >= 1 - 0.5 / 255:
        return None, "the paper shows no shadow"
    return np.asarray(cv2.convertScaleAbs(left, alpha=255), np.uint8), ""


def _refusal(plate: Plate | None, options: ShadowOptions) -> str:
    if plate is None:
        return "no plate of the background was given"
    if not plate.usable:
        return f"the background is no usable paper: {plate.detail}"
    if plate.residual >= options.residual:
        return f"the paper is explained only to {plate.residual:.3f}, {options.residual:.3f} is needed"
    if plate.inlier_share <= options.inliers:
        return f"only {plate.inlier_share:.0%} of the background fits one paper, {options.inliers:.0%} is needed"
    return ""


def _codes(plate: Plate, height: int, width: int) -> F32:
    """The paper in encoded sRGB, float32 (height, width, 3); it is smooth, so a quarter of the grid is enough."""
    rows, columns = -(-height // 4), -(-width // 4)
    paper, _ = plate.rows(0, rows, rows, columns)
    codes = _ENCODED[np.rint(np.clip(paper, 0, 1) * 65535).astype(np.uint16)]
    return np.asarray(cv2.resize(codes, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _dark_border(ratio: F32, clean: F32) -> float:
    """Share of the outermost ring, outside the product, that is clearly darker than the paper."""
    ring = np.zeros(clean.shape, bool)
    width = max(1, round(0.01 * max(clean.shape)))
    ring[:width] = ring[-width:] = True
    ring[:, :width] = ring[:, -width:] = True
    ring &= clean > 0
    return float((channels.mean(ratio)[ring] < 0.93).mean()) if ring.any() else 0.0


def _blur(values: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def fill(values: F32, weight: F32) -> F32:
    """Values float32 (h, w, 3) where weight (h, w) is 1, smoothly continued where it is 0 (push-pull pyramid)."""
    stack, weights = [channels.times(values, weight)], [weight]
    while min(weights[-1].shape) >= 3:
        stack.append(cv2.pyrDown(stack[-1]))
        weights.append(cv2.pyrDown(weights[-1]))
    out = stack[-1] / (weights[-1][..., None] + 1e-6)
    for level, own in zip(stack[-2:0:-1], weights[-2:0:-1], strict=True):
        coarse = cv2.resize(out, (own.shape[1], own.shape[0]), interpolation=cv2.INTER_LINEAR)
        # Saturated: a quarter of a pixel's worth of near evidence beats anything from farther away.
        share = np.clip(4 * own, 0, 1)[..., None]
        here = level / np.maximum(own, 1e-4)[..., None]
        out = np.where(share > 1e-4, here, 0) * share + coarse * (1 - share)
    out = cv2.resize(out, (weight.shape[1], weight.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.copyTo(values, (weight > 0).astype(np.uint8), out), np.float32)


def _denoised(ratio: F32, clean: F32, noise: float) -> F32:
    """Adaptive Wiener filter (Lee 1980): grain goes, the contact line under the product stays."""
    near = np.maximum(_blur(clean, 2.5), np.float32(1e-3))
    smooth = channels.over(_blur(channels.times(ratio, clean), 2.5), near)
    apart = np.asarray((channels.mean(ratio) - channels.mean(smooth)) ** 2 * clean, np.float32)
    variance = np.asarray(_blur(apart, 4) / np.maximum(_blur(clean, 4), np.float32(1e-3)), np.float32)
    # On clipped white paper the variance is exactly 0: the floor keeps the quotient defined.
    grain = max(float(np.median(_sampled(variance, clean))), 1e-6) * noise
    keep = np.asarray(np.clip((variance - grain) / np.maximum(variance, 1e-8), 0, 1), np.float32)
    return fill(np.asarray(cv2.add(smooth, channels.times(cv2.subtract(ratio, smooth), keep)), np.float32), clean)


def _floored(layer: F32, clean: F32) -> F32:
    """The layer with everything within the paper's own noise set to exactly 1, and twice that left as it is."""
    grey = _sampled(channels.mean(layer), clean)
    upper = grey[grey >= np.median(grey)]
    floor = float(np.clip(3 * upper.std(), 0.004, 0.02))
    taken = np.clip(1 - layer, 0, 1)
    share = np.clip(channels.mean(taken) / np.float32(floor) - 1, 0, 1)
    return np.asarray(1 - channels.times(taken, share), np.float32)


def _sampled(values: F32, clean: F32) -> F32:
    """Of values (h, w), those of clean paper; of a large grid one in four."""
    step = 2 if clean.size > _MANY else 1
    return values[::step, ::step][clean[::step, ::step] > 0]
