"""The plate of one photo, without knowing where the product is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit import channels
from services.kit.paper import noise
from services.kit.paper.plate import Plate
from services.kit.paper.surface import OFFSET, Surface, fit, logarithm, ring
from services.kit.pictures.colour import to_linear

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SIDE = 192
TOLERANCE = 0.05  # natural logarithm; paper within it of the surface is explained
MAX_RESIDUAL = 0.015  # natural logarithm
MIN_INLIERS = 0.35
MIN_AREA = 0.05
MIN_FRAME = 0.30
MAX_DARK_FRAME = 0.15
MIN_CORNERS = 3


@dataclass(frozen=True)
class Evidence:
    """What the gate looks at; shares from 0 to 1, residual and half_code as natural logarithms."""

    residual: float
    half_code: float
    inlier_share: float
    area: float
    frame: float
    dark_frame: float
    corners: int


def estimate(rgb: U8) -> Plate:
    """The background of one photo. rgb: uint8 (H, W, 3), encoded sRGB, upright. About 30 ms, whatever the size."""
    linear = thumbnail(rgb)
    surface = fit(linear)
    paper = np.clip(np.exp(surface.log_paper) - OFFSET, 0, 1).astype(np.float32)
    evidence = weigh(linear, surface)
    detail = judge(evidence)
    spread = noise.sigma(paper, noise.shot_noise(rgb, surface.weight), evidence.residual)
    return Plate(paper, spread, "photo", not detail, detail, evidence.residual, evidence.inlier_share)


def thumbnail(rgb: U8, side: int = SIDE) -> F32:
    """The photo at `side` pixels on its longer side, linear light, float32."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    shape = max(16, round(width * scale)), max(16, round(height * scale))
    if scale < 0.25:  # area averaging of a fraction of the pixels is enough for a surface
        step = int(0.25 / scale)
        rgb = np.ascontiguousarray(rgb[step // 2 :: step, step // 2 :: step])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(to_linear(rgb), shape, interpolation=method), np.float32)


def weigh(linear: F32, surface: Surface) -> Evidence:
    """Measures how far the surface explains the thumbnail it was fitted to."""
    height, width = linear.shape[:2]
    log_paper = np.minimum(surface.log_paper, np.float32(np.log(1 + OFFSET)))  # clipped paper is white, not brighter
    difference = logarithm(linear) - log_paper
    brightness = channels.mean(difference)
    hue = channels.most(np.abs(difference - brightness[..., None]))
    inlier = (np.abs(brightness) < TOLERANCE) & (hue < TOLERANCE) & (surface.weight.max() > 0)
    shaded = ~inlier & (brightness < -TOLERANCE) & (brightness > -1.0) & (hue < TOLERANCE)
    frame = ring(height, width)
    background = inlier | shaded | (frame & ~inlier)
    residual = float(1.4826 * np.median(np.abs(brightness[inlier]))) if inlier.any() else 1.0
    corner = max(3, round(0.05 * max(height, width)))
    ends = slice(None, corner), slice(-corner, None)
    blocks = [inlier[vertical, horizontal] for vertical in ends for horizontal in ends]
    return Evidence(
        residual=residual,
        half_code=_half_code(float(np.median(log_paper[inlier])) if inlier.any() else 0.0),
        inlier_share=float(inlier.sum() / max(1, background.sum())),
        area=float(inlier.mean()),
        frame=float(inlier[frame].mean()),
        dark_frame=float(shaded[frame].mean()),
        corners=sum(bool(block.mean() > 0.3) for block in blocks),
    )


def _half_code(log_paper: float) -> float:
    """Half an 8-bit code at that level, natural logarithm: what black paper scatters by rounding alone."""
    return float(noise.rounding(np.float32(max(0.0, np.exp(log_paper) - OFFSET))) / np.exp(log_paper))


def judge(evidence: Evidence) -> str:
    """Why the plate cannot be used, in words; empty when it can."""
    allowed = max(MAX_RESIDUAL, evidence.half_code)
    limits = [
        (evidence.area < MIN_AREA, f"hardly any plain background in the photo ({evidence.area:.0%} of it)"),
        (evidence.frame < MIN_FRAME, f"only {evidence.frame:.0%} of the frame shows the same background"),
        (evidence.corners < MIN_CORNERS, f"the background is no single surface ({evidence.corners} of 4 corners fit)"),
        (
            evidence.residual > allowed,
            f"the background is uneven (residual {evidence.residual:.3f})",
        ),
        (evidence.inlier_share < MIN_INLIERS, f"only {evidence.inlier_share:.0%} of the background fits a surface"),
        (evidence.dark_frame > MAX_DARK_FRAME, f"shadow lies on {evidence.dark_frame:.0%} of the frame"),
    ]
    return "; ".join(words for wrong, words in limits if wrong)
