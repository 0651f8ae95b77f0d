"""Seeds put right by the colours of the whole photo, before anything is solved: solid interiors and paper in holes.

A network is unsure in places where a person is not: in the middle of a plain skirt, or on paper seen through a ring.
The field cannot mend either. Nothing near the skirt's middle says what is background, so the network's word stands;
and a wrong seed in the hole teaches the field that paper is product. Both are decided here, on at most 1024 px a side.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit import channels
from services.kit.paper import Plate
from services.kit.shrink import shrunk
from services.matting import tones
from services.matting.arrays import BACKGROUND, F32, FOREGROUND, LINEAR, U8, UNKNOWN

Mask = NDArray[np.bool_]
_SIDE = 1024


@dataclass(frozen=True)
class SeedOptions:
    """Lengths in pixels of the grid.

    apart: how far from anything that speaks for background a place must lie to be solid. product: least alpha of the
    model there. likelier: least probability of product by its colour. plain: most deviation of its tone, 0 to 1, about
    the mean around it. even: tolerance of paper in units of its scatter. narrow: what is narrower is no area of paper.
    model: mean alpha of the model up to which an enclosed area of paper is a hole. seen: share of it that must be known
    background already. rim: half width of the band left open about it.
    """

    apart: float = 6.0
    product: float = 0.5
    likelier: float = 0.97
    plain: float = 0.05
    even: float = 4.0
    narrow: int = 7
    model: float = 0.7
    seen: float = 0.05
    rim: int = 3


def corrected(
    rgb: U8, values: U8, prior: F32, belief: F32, plate: Plate | None = None, options: SeedOptions | None = None
) -> U8:
    """The trimap uint8 (H, W) of 0, 128, 255 with solid interiors known and enclosed paper known or at least unknown.

    rgb: uint8 (H, W, 3). prior, belief: the model's alpha and its confidence, finite float32 (h, w). plate: one that is
    not usable counts as none.
    """
    options = options or SeedOptions()
    if not (values == UNKNOWN).any():
        return values
    scale = min(1.0, _SIDE / max(values.shape))
    size = max(1, round(values.shape[1] * scale)), max(1, round(values.shape[0] * scale))
    small = shrunk(rgb, size[1], size[0])
    known = cv2.resize(values, size, interpolation=cv2.INTER_NEAREST)
    alpha, sure = (cv2.resize(m, size, interpolation=cv2.INTER_LINEAR) for m in (prior, belief))
    out = values.copy()
    if plate is not None and plate.usable:
        paper = enclosed_paper(LINEAR[small], known, alpha, sure, plate, options)
        if paper.any():
            near, core = _grown(paper, 2 * options.rim), 1 - _grown(~paper, options.rim)
            for trimap in (known, out):
                trimap[(_at(near, trimap.shape) > 0) & (trimap == FOREGROUND)] = UNKNOWN
                trimap[_at(core, trimap.shape) > 0] = BACKGROUND
    inside = solid(small, known, alpha, options).astype(np.uint8)
    if inside.any():
        out[(_at(inside, out.shape) > 0) & (out == UNKNOWN)] = FOREGROUND
    return out


def _grown(mask: Mask, by: int) -> U8:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)), np.uint8)


def _at(mask: U8, shape: tuple[int, ...]) -> U8:
    return np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def solid(rgb: U8, known: U8, alpha: F32, options: SeedOptions) -> Mask:
    """Where the product is opaque for certain: its own colours, and nothing that could be background near.

    All on one grid. Holes, mesh and fringe have pixels of the background's colour, or a low alpha, everywhere near, and
    where the gaps are too fine for that they make a texture: so does a fine pattern, which is left to the model.
    """
    front, back = known == FOREGROUND, known == BACKGROUND
    if not front.any() or not back.any():
        return np.zeros(known.shape, bool)
    own = tones.share(rgb, front, back) >= options.likelier
    closed = front | (own & (alpha >= options.product) & ~back & (_deviation(rgb) <= options.plain))
    padded = np.pad(closed.astype(np.uint8), 1, mode="edge")
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] > options.apart)


def _deviation(rgb: U8) -> F32:
    """Standard deviation of the tone (0 to 1) within 5 x 5 pixels, float32 (h, w)."""
    tone = channels.mean(rgb.astype(np.float32)) / 255
    mean = cv2.blur(tone, (5, 5))
    return np.asarray(np.sqrt(np.maximum(cv2.blur(tone * tone, (5, 5)) - mean * mean, 0)), np.float32)


def enclosed_paper(linear: F32, known: U8, alpha: F32, belief: F32, plate: Plate, options: SeedOptions) -> Mask:
    """Areas that equal the plate within its scatter, that product encloses, and where the model is of two minds.

    linear: float32 (h, w, 3), linear light, on the grid of the other maps. An area that the model calls product
    throughout stays product: white prints and white cloth look like paper too.
    """
    height, width = known.shape
    paper, _ = plate.rows(0, height, height, width)
    apart = channels.most(np.abs(cv2.GaussianBlur(linear - paper, (0, 0), 1.0)))
    apart /= np.maximum(channels.mean(paper), np.float32(1e-3))
    back: Mask = known == BACKGROUND
    if not back.any():
        return np.zeros(known.shape, bool)
    # The median is blind to shadow on less than half of the background; the bounds are grain and plain misfit.
    tolerance = float(np.clip(options.even * np.median(apart[back]), 0.01, 0.04))
    like = (apart < tolerance).astype(np.uint8)
    like = cv2.morphologyEx(like, cv2.MORPH_OPEN, np.ones((options.narrow, options.narrow), np.uint8))
    count, labels = cv2.connectedComponents(like, connectivity=4)
    at = labels.ravel()
    area = np.maximum(np.bincount(at, minlength=count), 1)
    weight = np.maximum(np.bincount(at, belief.ravel(), count), 1e-6)
    model = np.bincount(at, (alpha * belief).ravel(), count) / weight
    seen = np.bincount(at, back.ravel(), count) / area
    hole = (model <= options.model) & (seen >= options.seen) & (seen < 1)
    hole[0] = False
    hole[np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))] = False
    return np.asarray(hole[labels])
