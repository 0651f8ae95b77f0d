"""What the quality gate reads of a matte, measured on a reduced grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.kit import channels
from services.kit.boxes import Box
from services.kit.paper import Plate
from services.kit.shrink import shrunk
from services.matting.arrays import F32, FOREGROUND, U8
from services.matting.gaps import paper_like

_SIDE = 1024
_SUBJECT_SHARE = 0.01
_UNSURE = 0.6
_DOUBT = 0.5
_MOST_HOLES, _MOST_DOUBTFUL = 16, 8
_LEAST_HOLE = 6
_LARGE_SHARE = 0.0015  # of the product's area; what is smaller is chance: a button, a highlight
_BETWEEN, _BROAD = 0.15, 7


@dataclass(frozen=True)
class MatteNumbers:
    """As `selvage_api.matting.v1.MatteNumbers`: shares, confidences and contrast are 0 to 1; frame_touch is left, top,
    right, bottom; holes and doubtful places come largest and most doubtful first. uncertain_holes: enclosed places
    that are not surely product or hole, broad places that are neither, and such as look like the paper behind."""

    width: int
    height: int
    status: str
    solver: str
    light: str
    foreground_share: float
    unknown_share: float
    band_confidence: float
    doubtful_share: float
    subjects: int
    frame_touch: tuple[float, float, float, float]
    edge_contrast: float
    uncertain_holes: tuple[Box, ...]
    doubtful_boxes: tuple[Box, ...]
    subject_box: Box
    shadow_detail: str


def measure(
    rgb: U8,
    alpha: F32,
    trimap: U8,
    confidence: U8,
    *,
    status: str,
    solver: str,
    light: str,
    shadow_detail: str,
    plate: Plate | None = None,
) -> MatteNumbers:
    """Numbers of one matte. alpha: float32 (H, W). trimap, confidence: uint8 (H, W), 255 for certainty. plate: the
    studio background; one that is not usable counts as none."""
    height, width = alpha.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    small = np.asarray(shrunk(alpha, *size), np.float32)
    sure = np.asarray(shrunk(confidence, *size).astype(np.float32) / 255, np.float32)
    unknown = cv2.inRange(trimap, 1, 254)
    band = int(cv2.countNonZero(unknown))
    doubtful = cv2.countNonZero(cv2.inRange(confidence, 0, 127) & unknown)
    open_band = shrunk(unknown, *size) > 0
    frame = _Frame(width / size[1], height / size[0], width, height)
    look = np.asarray(shrunk(rgb, *size), np.uint8)
    holes = _uncertain_holes(small, sure) | _large_parts(_smeared(small), small)
    if plate is not None and plate.usable:
        holes |= _large_parts(paper_like(look, small, plate), small)
    return MatteNumbers(
        width=width,
        height=height,
        status=status,
        solver=solver,
        light=light,
        foreground_share=cv2.countNonZero(cv2.inRange(trimap, FOREGROUND, FOREGROUND)) / alpha.size,
        unknown_share=band / alpha.size,
        band_confidence=cv2.mean(confidence, unknown)[0] / 255 if band else 1.0,
        doubtful_share=doubtful / band if band else 0.0,
        subjects=_subjects(small),
        frame_touch=_frame_touch(alpha),
        edge_contrast=_edge_contrast(look, small),
        uncertain_holes=_boxes(holes, frame),
        doubtful_boxes=_doubtful(sure, open_band, frame),
        subject_box=_subject_box(small, frame),
        shadow_detail=shadow_detail,
    )


@dataclass(frozen=True)
class _Frame:
    """From the reduced grid back to the photo."""

    scale_x: float
    scale_y: float
    width: int
    height: int

    def box(self, left: int, top: int, width: int, height: int) -> Box:
        x0, y0 = math.floor(left * self.scale_x), math.floor(top * self.scale_y)
        x1 = min(self.width, math.ceil((left + width) * self.scale_x))
        y1 = min(self.height, math.ceil((top + height) * self.scale_y))
        return Box(x0, y0, x1 - x0, y1 - y0)


def _subjects(alpha: F32) -> int:
    solid = (alpha >= 0.5).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int((areas > _SUBJECT_SHARE * areas.sum()).sum()) if len(areas) else 0


def _frame_touch(alpha: F32) -> tuple[float, float, float, float]:
    left, top, right, bottom = (
        float((side >= 0.5).mean()) for side in (alpha[:, 0], alpha[0], alpha[:, -1], alpha[-1])
    )
    return left, top, right, bottom


def _edge_contrast(rgb: U8, alpha: F32) -> float:
    """Median over the outline of the distance between local product and background means, over sqrt(3)."""
    solid = (alpha >= 0.5).astype(np.uint8)
    outline = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    encoded = np.asarray(rgb.astype(np.float32) / 255, np.float32)
    means, known = [], np.ones(int(outline.sum()), bool)
    for inside in (alpha > 0.95, alpha < 0.05):
        mask = inside.astype(np.float32)
        weight = cv2.blur(mask, (25, 25))
        sums = cv2.blur(channels.times(encoded, mask), (25, 25))[outline]
        means.append(sums / np.maximum(weight, 1e-6)[outline, None])
        known &= weight[outline] > 0.01
    if not known.any():
        return 0.0
    apart = np.sqrt(((means[0] - means[1])[known] ** 2).sum(1))
    return float(np.median(apart) / math.sqrt(3))


def _uncertain_holes(alpha: F32, sure: F32) -> U8:
    """1 in places of alpha under 0.85 that do not reach the frame or the open background, and are not sure."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha < 0.85).astype(np.uint8), connectivity=8)
    total = np.bincount(labels.ravel(), sure.ravel(), minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    chosen = (areas >= _LEAST_HOLE) & (total / np.maximum(areas, 1) < _UNSURE)
    chosen[0] = False
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        chosen[side] = False
    return np.asarray(chosen[labels], np.uint8)


def _smeared(alpha: F32) -> U8:
    """1 where alpha is neither product nor background over more than an outline is wide: hair is finer than that."""
    between = cv2.inRange(alpha, _BETWEEN, 1 - _BETWEEN) & 1
    return np.asarray(cv2.morphologyEx(between, cv2.MORPH_OPEN, np.ones((_BROAD, _BROAD), np.uint8)), np.uint8)


def _large_parts(places: U8, alpha: F32) -> U8:
    """The connected parts that are large enough to be seen in the product."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(places, connectivity=8)
    least = max(_LEAST_HOLE, _LARGE_SHARE * cv2.countNonZero(cv2.inRange(alpha, 0.5, 2.0)))
    chosen = stats[:, cv2.CC_STAT_AREA] >= least
    chosen[0] = False
    return np.asarray(chosen[labels], np.uint8)


def _boxes(places: U8, frame: _Frame) -> tuple[Box, ...]:
    """Of the connected places, largest first."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(places, connectivity=8)
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:_MOST_HOLES] + 1
    return tuple(frame.box(*(int(value) for value in stats[n, :4])) for n in order)


def _doubtful(sure: F32, open_band: np.ndarray[tuple[int, int], np.dtype[np.bool_]], frame: _Frame) -> tuple[Box, ...]:
    """Boxes about neighbouring doubtful pixels of the band, by their summed doubt."""
    doubt = np.where(open_band, np.maximum(0, _DOUBT - sure), 0).astype(np.float32)
    reach = max(3, max(sure.shape) // 64) | 1
    near = cv2.dilate((doubt > 0).astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    total = np.bincount(labels.ravel(), doubt.ravel(), minlength=count)
    worst = sorted(range(1, count), key=lambda n: -total[n])[:_MOST_DOUBTFUL]
    return tuple(frame.box(*(int(value) for value in stats[n, :4])) for n in worst)


def _subject_box(alpha: F32, frame: _Frame) -> Box:
    left, top, width, height = cv2.boundingRect((alpha >= 0.1).astype(np.uint8))
    return frame.box(left, top, width, height) if width else Box(0, 0, 0, 0)
