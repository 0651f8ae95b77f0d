"""A shoot's plate at the exposure of one of its photos.

Light and paper are the shoot's, the exposure is the photo's: a factor for each channel (white balance wanders too),
found as the robust ratio of photo to plate where the photo shows paper. A gate says whether the photo fits the shoot at
all; it asks less than the one of a photo's own plate, since the shape of the light is known.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper import noise
from services.kit.paper.photo import MAX_RESIDUAL, MIN_AREA, MIN_FRAME, Evidence, thumbnail, weigh
from services.kit.paper.plate import Plate
from services.kit.paper.surface import CLIPPED, OFFSET, Surface, logarithm, ring

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

MOST = 0.7  # natural logarithm, one stop: a photo further away was lit otherwise
NEAR = 0.05  # natural logarithm: paper of the same exposure
BIN = 0.01
ROUNDS = 5
FRAME = 4.0  # a pixel of the frame counts as much as so many inside, where products lie
SHAPES_APART = 0.01
MIN_CORNERS = 2


def at_exposure(rgb: U8, plate: Plate) -> tuple[Plate, tuple[float, float, float]]:
    """The shoot's plate as it looks in this photo, and the factor of linear light for red, green and blue.

    rgb: uint8 (H, W, 3), encoded sRGB, upright. plate: one of a shoot. The answer is not usable, and its `detail` says
    why, when the photo has another shape, another light or another background than the shoot.
    """
    linear = thumbnail(rgb)
    height, width = linear.shape[:2]
    rows, columns = plate.sigma.shape
    if abs(np.log((width / height) / (columns / rows))) > SHAPES_APART:
        return _refused(plate, "the photo has another shape than the shoot's plate"), (1.0, 1.0, 1.0)
    clean = cv2.resize(plate.linear, (width, height), interpolation=cv2.INTER_LINEAR)
    gain, paper = _gain(linear, clean)
    if np.abs(gain).max() > MOST:
        stops = np.abs(gain).max() / np.log(2)
        return _refused(plate, f"the photo is {stops:.1f} stops off the shoot's exposure"), _factor(gain)
    log_paper = logarithm(clean) + gain
    evidence = weigh(linear, Surface(log_paper, paper, plate.residual))
    detail = _judge(evidence)
    fitted = np.clip(np.exp(log_paper) - OFFSET, 0, 1).astype(np.float32)
    residual = max(evidence.residual, plate.residual)
    spread = noise.sigma(fitted, noise.shot_noise(rgb, paper), residual)
    return Plate(fitted, spread, plate.kind, not detail, detail, residual, evidence.inlier_share), _factor(gain)


def _gain(linear: F32, clean: F32) -> tuple[F32, F32]:
    """The natural logarithm of the factor, float32 (3,), and 1 where the photo shows paper, float32 (h, w).

    The most frequent difference of the brightness, then the median of each channel around it. Where the paper is
    clipped it only says "at least", so such pixels are left out, unless there are no others.
    """
    difference = logarithm(linear) - logarithm(clean)
    bounded = (linear.max(-1) < CLIPPED) & (clean.max(-1) < CLIPPED)
    if bounded.mean() < NEAR:
        near = (np.abs(difference).max(-1) < NEAR).astype(np.float32)
        return np.zeros(3, np.float32), near
    brightness = difference.mean(-1)
    weight = np.where(ring(*brightness.shape), FRAME, 1.0)[bounded]
    bins = np.arange(-MOST - 0.3, MOST + 0.3 + BIN, BIN)
    votes = np.histogram(brightness[bounded], bins, weights=weight)[0]
    votes = np.convolve(votes, np.ones(2 * round(NEAR / BIN) + 1), "same")
    centre = np.float32(bins[int(votes.argmax())] + BIN / 2)
    gain = np.full(3, centre, np.float32)
    width = 4 * NEAR  # the first look is at brightness alone: the white balance is not known yet
    inside = bounded & (np.abs(brightness - centre) < NEAR)
    for _ in range(ROUNDS):
        if not inside.any():
            break
        gain = np.median(difference[inside], axis=0).astype(np.float32)
        width = max(NEAR, width / 2)
        inside = bounded & (np.abs(difference - gain).max(-1) < width)
    # Clipped paper that the gain explains is paper all the same.
    paper = inside | ((np.abs(np.minimum(logarithm(clean) + gain, 0) - logarithm(linear)).max(-1) < NEAR) & ~bounded)
    return gain, paper.astype(np.float32)


def _judge(evidence: Evidence) -> str:
    limits = [
        (evidence.area < MIN_AREA, f"only {evidence.area:.0%} of the photo shows the shoot's paper"),
        (evidence.frame < MIN_FRAME, f"only {evidence.frame:.0%} of the frame shows the shoot's paper"),
        (evidence.corners < MIN_CORNERS, f"{evidence.corners} of 4 corners show the shoot's paper"),
        (
            evidence.residual > max(MAX_RESIDUAL, evidence.half_code),
            f"the paper differs from the shoot's (residual {evidence.residual:.3f})",
        ),
    ]
    return "; ".join(words for wrong, words in limits if wrong)


def _factor(gain: F32) -> tuple[float, float, float]:
    red, green, blue = (float(np.exp(value)) for value in gain)
    return red, green, blue


def _refused(plate: Plate, detail: str) -> Plate:
    return Plate(plate.linear, plate.sigma, plate.kind, False, detail, plate.residual, 0.0)
