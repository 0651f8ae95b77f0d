"""Model and paper together, each where it is surer.

Without a plate, or with one that hardly fits the photo, the answer is the model's, its regions settled by the photo's
colours (`colours.py`). With one that fits, every pixel is the mean of both weighted by the odds their calibrated
confidences give. One that fits and yet failed its gate (a shadow over much of the ground, a second surface) says only
what is no paper; a good one also what is. What differs from paper is surely no paper, but what looks like paper may be
a product of its tone, so the paper's word counts for less there, and the less, the nearer the product beside it comes
to the paper's colour. Where one of its two words contradicts what the model is sure of, that word counts for little all
around: a white shirt on white paper is lost to it piece by piece, outline first. A hole of another hue than the paper's
is none: nothing could show through. Where the model sees product along most of the picture's rim in what the plate
calls paper, the plate has most likely taken a plain fabric for the background: the model answers alone.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit import channels
from services.kit.paper import Plate
from services.kit.pictures.colour import to_linear, to_srgb8
from services.kit.regions import Regions
from services.segment.calibrate import IDENTITY, Calibration
from services.segment.colours import settle
from services.segment.geometry import grow, resize
from services.segment.port import Segmentation, Segmenter

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

EVEN = 0.02  # residual of a plate up to which it tells what is no paper, though it failed its gate
SUREST = 0.995  # confidence of the model from which its odds grow no further
SUREST_PRODUCT, SUREST_EMPTY = 0.7, 0.55  # the same for the paper's word, by what it says
SHARPNESS = 2  # power of the odds: who is surer decides, few pixels are blends
SURE = 0.97  # confidence of the model from which being contradicted speaks against the paper
REACH = 0.03  # how far it does, in longer sides
DISTRUST = 40  # power of the share of the sure places nearby that its word does not contradict
ALIKE, APART = 0.1, 0.3  # distance of product and paper, encoded sRGB over sqrt(3): the paper says nothing; all it can
BESIDE = 0.012  # over which the product's colour is averaged, in longer sides
SOLID = 0.95  # the model's alpha from which a pixel has the product's colour
NO_HOLE = 0.75  # mean word for product, confidence of it and share of another hue from which a hole is none
HOLE_RIM = 0.01  # its soft rim on both sides together, in longer sides
HUE = 0.5  # spread of the channels of photo over paper, relative to their mean, from which the hue is another
DARK = 0.002  # linear light that is noise
SWALLOWED = 0.5  # share of the surest paper along the picture's rim that the model may call product
RIM = 0.01  # how wide that rim is, in longer sides


class FusedSegmenter:
    """model: any Segmenter that needs no plate; paper: one that does."""

    profile = "fused"

    def __init__(self, model: Segmenter, paper: Segmenter, calibration: Calibration = IDENTITY) -> None:
        self._model, self._paper, self._calibration = model, paper, calibration

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3)."""
        learned = self._model.segment(rgb, None)
        even = plate is not None and (plate.usable or plate.residual <= EVEN)
        if plate is None or not plate.usable:
            learned = settle(rgb, learned, removing=not even)
        if plate is None or not even:
            return learned
        seen = self._paper.segment(rgb, replace(plate, usable=True))
        if swallowed(grow(learned.alpha, *seen.alpha.shape), seen):
            return learned
        both = fuse(rgb, plate, learned, seen)
        # What the model says of itself ranks better than the same signs of the fused answer (benchmarks/segment).
        return Segmentation(both.alpha, self._calibration.apply(both.confidence, both.alpha), learned.review_risk)


def swallowed(alpha: F32, seen: Segmentation) -> bool:
    """Whether the model (`alpha`) sees product in most of what is surest paper, or there is no such place.

    The picture's rim decides where there is paper: a label within a product may be as white as the paper around it.
    """
    paper = (seen.alpha < 0.05) & (seen.confidence > 0.8)
    inner = max(1, round(RIM * max(paper.shape)))
    rim = paper.copy()
    rim[inner:-inner, inner:-inner] = False
    asked = rim if rim.any() else paper
    return not asked.any() or float((alpha[asked] > 0.5).mean()) > SWALLOWED


def fuse(rgb: U8, plate: Plate, learned: Segmentation, seen: Segmentation) -> Segmentation:
    """The model's answer and the paper's (`seen`), both calibrated, as one of the size of the latter, its confidence a
    bare score."""
    alpha, confidence = (grow(plane, *seen.alpha.shape) for plane in (learned.alpha, learned.confidence))
    look, paper = beside_paper(rgb, plate, *alpha.shape)
    telling = contrast(look, paper, alpha) if plate.usable else np.zeros_like(alpha)
    fused, score = combine(alpha, confidence, seen.alpha, seen.confidence, telling)
    filled = no_holes(fused, seen, grow(other_hue(look, paper), *fused.shape))
    fused[filled], score[filled] = np.maximum(fused, seen.alpha)[filled], seen.confidence[filled]
    return Segmentation(fused, score)


def combine(alpha: F32, confidence: F32, other: F32, other_confidence: F32, telling: F32) -> tuple[F32, F32]:
    """The model's opinion and the paper's (`other`): the mean by odds, and a score that falls where they differ.

    All float32 (h, w), 0 to 1; telling: how much the paper's word for emptiness is worth (`contrast`).
    """
    product = other > 0.5
    limit = np.where(product, np.float32(SUREST_PRODUCT), np.float32(SUREST_EMPTY))
    of_product, of_emptiness = agreement(alpha, confidence, other)
    trust = np.where(product, of_product**DISTRUST, of_emptiness**DISTRUST * telling)
    mine = _odds(confidence)
    theirs = _odds(np.minimum(other_confidence, limit)) * trust
    share = theirs / (mine + theirs)
    fused = alpha + share * (other - alpha)
    surest = np.maximum(confidence, other_confidence)
    agreed = 1 - (1 - confidence) * (1 - other_confidence)
    apart = np.clip((np.abs(alpha - other) - 0.1) / 0.4, 0, 1)
    contest = 4 * share * (1 - share)  # 1 where both weigh the same
    score = (1 - apart) * agreed + apart * surest * (1 - 0.5 * contest)
    return fused.astype(np.float32), score.astype(np.float32)


def agreement(alpha: F32, confidence: F32, other: F32) -> tuple[F32, F32]:
    """How far the paper's word for product, and that for emptiness, agrees with the model: float32 (h, w) each, 0 to 1.

    Of the places nearby where the model is sure, the share that this word does not contradict; 1 where there are none.
    """
    height, width = alpha.shape
    small = max(1, width // 4), max(1, height // 4)

    def nearby(plane: NDArray[np.bool_]) -> F32:
        shrunk = cv2.resize(plane.astype(np.float32), small, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(shrunk, (0, 0), REACH * max(small)), np.float32)

    sure = confidence > SURE
    near = np.maximum(nearby(sure), np.float32(1e-3), dtype=np.float32)
    against = sure & (np.abs(alpha - other) > 0.5)
    product = other > 0.5
    of_product, of_emptiness = (
        np.clip(1 - grow(np.divide(nearby(against & said), near), height, width), 0, 1) for said in (product, ~product)
    )
    return of_product, of_emptiness


def beside_paper(rgb: U8, plate: Plate, height: int, width: int) -> tuple[U8, F32]:
    """Photo and paper on a quarter of the grid (height, width): encoded uint8 and linear light, (h, w, 3) each."""
    small = max(1, height // 4), max(1, width // 4)
    return resize(rgb, *small), plate.rows(0, small[0], *small)[0]


def contrast(look: U8, paper: F32, alpha: F32) -> F32:
    """float32 (h, w) as `alpha`, 0 to 1: how far the product nearby is from the paper in colour; 1 far from any.

    look, paper: see `beside_paper`.
    """
    small = look.shape[:2]
    solid = cv2.resize((alpha > SOLID).astype(np.float32), small[::-1], interpolation=cv2.INTER_AREA)
    apart = (look.astype(np.float32) - to_srgb8(paper)) * (solid / 255)[..., None]
    side = round(BESIDE * max(small)) | 1
    weight, apart = cv2.blur(solid, (side, side)), cv2.blur(apart, (side, side))
    distance = np.sqrt((apart**2).mean(-1)) / np.maximum(weight, np.float32(1e-6))
    said = np.clip((distance - ALIKE) / (APART - ALIKE), 0, 1)
    return grow(np.where(weight > 0.01, said, 1).astype(np.float32), *alpha.shape)


def other_hue(look: U8, paper: F32) -> F32:
    """float32 (h, w), 1 where the photo's light has another hue than the paper's, which no shadow gives, else 0.

    look, paper: see `beside_paper`; on their grid.
    """
    left = (to_linear(look) + DARK) / (paper + DARK)
    apart = (channels.most(left) - channels.least(left)) / (channels.mean(left) + 10 * DARK)
    return (apart > HUE).astype(np.float32)


def no_holes(alpha: F32, seen: Segmentation, hue: F32) -> NDArray[np.bool_]:
    """bool (h, w): holes of `alpha` that are surely no paper, with their rims: no ground can show through there.

    seen: the paper's answer. hue: see `other_hue`, here (h, w). A gap in deep shade looks like product to the paper,
    but for its hue.
    """
    parts = Regions.of(alpha < 0.5)
    wrong = ~parts.at_frame()
    wrong[0] = False
    for sign in (seen.alpha, seen.confidence, hue):
        wrong &= parts.mean(sign) > NO_HOLE
    if not wrong.any():
        return np.zeros(alpha.shape, bool)
    side = round(HOLE_RIM * max(alpha.shape)) | 1
    return np.asarray(cv2.dilate(wrong[parts.labels].astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def _odds(confidence: F32) -> F32:
    bounded = np.clip(confidence, 0.02, SUREST)
    return np.asarray((bounded / (1 - bounded)) ** SHARPNESS, np.float32)
