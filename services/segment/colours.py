"""What is product by its colours: a second opinion on whole regions, for photos without studio paper.

On floors, beds and walls a small network now and then loses half of a garment or keeps a piece of the ground, and its
outline then runs across plain cloth. Colours of both sides and the photo's own edges tell better there: the answer is
cut anew by GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004; OpenCV's), started from the model's, on a small grid.
Only whole regions of which the model is not sure are taken over, and only when the photo backs the new outline: the
colours on its two sides lie further apart, or as far with less than half of the length. How the outline itself runs
stays with the model and matting.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.regions import Regions
from services.kit.shrink import shrunk
from services.segment.geometry import grow
from services.segment.port import Segmentation

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SIDE = 384  # longest side of the grid that is cut on
ROUNDS = 2
LEAST, MOST = 0.01, 0.97  # share of the picture that product takes, in both answers, for a cut to be of use
KEPT = 0.2  # overlap (IoU) of both answers below which the cut is about something else
REGION = 0.005  # half width, in longer sides, that a region has at least; less is a question of the outline
DOUBTFUL = 0.8  # risk, where the model tells one, below which it is not asked again
SURE = 0.95  # mean confidence of the model in a region from which it is left alone
BESIDE = 7  # pixels of the small grid, the window in which both sides of an outline are averaged
BETTER = 1.15  # by what factor the colours must lie further apart
SHORTER = 0.5  # or to what share the outline must shrink
SAID = 0.9  # confidence of what was taken over
OUTLINE = 0.5  # and along its new outline: below what a trimap calls known, so that matting solves it


def settle(rgb: U8, answer: Segmentation, *, removing: bool = True) -> Segmentation:
    """`answer` with the regions that the colours tell otherwise, at its own grid; itself where there are none.

    rgb: uint8 (H, W, 3), encoded sRGB. removing: whether product may become ground, too; on a plain ground what has its
    colour may well be product. The risk stays that of the model: what was doubtful to it is worth a look.
    """
    if answer.review_risk is not None and answer.review_risk < DOUBTFUL:
        return answer
    scale = min(1.0, SIDE / max(rgb.shape[:2]))
    size = max(2, round(rgb.shape[1] * scale)), max(2, round(rgb.shape[0] * scale))
    small = np.asarray(shrunk(rgb, size[1], size[0]), np.uint8)
    alpha = cv2.resize(answer.alpha, size, interpolation=cv2.INTER_AREA)
    before = alpha > 0.5
    if not LEAST < before.mean() < MOST:
        return answer
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    after = cut(lab, before)
    if not removing:
        after |= before
    if not LEAST < after.mean() < MOST or (before & after).sum() < KEPT * (before | after).sum():
        return answer
    sure = cv2.resize(answer.confidence, size, interpolation=cv2.INTER_AREA)
    region = _regions(before != after, sure)
    if not region.any() or not _backed(lab, before, after):
        return answer
    height, width = answer.alpha.shape
    share = grow(cv2.GaussianBlur(region.astype(np.float32), (0, 0), 1.0), height, width)
    told = grow(cv2.GaussianBlur(after.astype(np.float32), (0, 0), 1.0), height, width)
    rim = cv2.dilate(cv2.morphologyEx(after.astype(np.uint8), cv2.MORPH_GRADIENT, _disk(1)), _disk(2)) > 0
    doubt = grow((rim & region).astype(np.float32), height, width)
    said = np.float32(SAID) - (SAID - OUTLINE) * doubt
    return Segmentation(
        (answer.alpha + share * (told - answer.alpha)).astype(np.float32),
        (answer.confidence + share * (said - answer.confidence)).astype(np.float32),
        answer.review_risk,
    )


def cut(lab: U8, product: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool (h, w): product by colours and edges. lab: uint8 (h, w, 3), CIELAB as OpenCV stores it; product: where to
    begin, some of the picture and not all."""
    labels = np.where(product, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    ours, theirs = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # the mixtures start from k-means: the same photo gives the same answer
    cv2.grabCut(lab, labels, None, ours, theirs, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def outline(lab: U8, product: NDArray[np.bool_]) -> tuple[float, int]:
    """Mean distance (CIELAB as in `cut`) of the colours on both sides of an outline, and how many pixels it has; (0, 0)
    without one. The picture's rim is none."""
    solid = product.astype(np.uint8)
    rim = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, _disk(1)) > 0
    rim[[0, 1, -2, -1]] = False
    rim[:, [0, 1, -2, -1]] = False
    if not rim.any():
        return 0.0, 0
    means = []
    for side in (solid, 1 - solid):
        share = cv2.blur(side.astype(np.float32), (BESIDE, BESIDE))[rim]
        total = cv2.blur(lab * side[..., None].astype(np.float32), (BESIDE, BESIDE))[rim]
        means.append(total / np.maximum(share, 1e-6)[:, None])
    return float(np.sqrt(((means[0] - means[1]) ** 2).sum(1)).mean()), int(rim.sum())


def _backed(lab: U8, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> bool:
    (old, long), (new, short) = outline(lab, before), outline(lab, after)
    return new >= BETTER * old or (new >= old and short <= SHORTER * long)


def _regions(apart: NDArray[np.bool_], confidence: F32) -> NDArray[np.bool_]:
    """Where the answers differ over an area: with its rim, without what is thin, and without regions of which the model
    is sure."""
    radius = max(1, round(REGION * max(apart.shape)))
    core = cv2.erode(apart.astype(np.uint8), _disk(radius), borderValue=1)
    wide = cv2.dilate(core, _disk(radius + 3))
    parts = Regions.of(wide > 0, connectivity=8)
    apart_in = Regions.labelled(np.where(apart, parts.labels, 0), len(parts.area))
    doubted = apart_in.mean(confidence) <= SURE
    return np.asarray((wide > 0) & doubted[parts.labels])


def _disk(radius: int) -> U8:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
