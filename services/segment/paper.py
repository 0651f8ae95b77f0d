"""The learned-free profile: product against studio paper, shadow told apart by hue and softness.

Paper, plain colour and light outside a shadow's reach are decided pixel by pixel (evidence.py); what is darker in the
paper's own hue is decided by its surroundings: a shadow can be reached from paper over soft steps, a product ends at
an edge (smoother.py). The outline gets its fractional alpha from the two colours beside it (fringe.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.kit import channels
from services.kit.paper import Plate, noise
from services.kit.pictures.colour import to_linear
from services.kit.regions import Regions
from services.segment import evidence, fringe
from services.segment.calibrate import Calibration
from services.segment.errors import PlateMissing
from services.segment.geometry import resize
from services.segment.port import Segmentation
from services.segment.smoother import propagate

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

GRID = 1024  # longest side worked on
UNUSABLE = 0.5  # of the confidence, where the plate failed its gate
REACH = 120.0  # pixels evidence travels on that grid
NEAR = 0.05  # relative: pixels that close to the plate measure its scatter
HOLE_AREA = 25  # pixels
HOLE_CLEAR, HOLE_PARTLY, HOLE_SHADED = 0.6, 0.12, 0.6  # mean likeness to paper, and to paper or even shade
CALIBRATION = Calibration.from_json(
    json.loads(Path(__file__).with_name("calibration.json").read_text(encoding="utf-8"))["paper"]
)


class PaperSegmenter:
    """Needs a plate; an unusable one is worked with too, and the confidence says so."""

    profile = "paper"

    def __init__(self, calibration: Calibration = CALIBRATION) -> None:
        self._calibration = calibration

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3). Raises PlateMissing without a plate."""
        if plate is None:
            raise PlateMissing(profile=self.profile)
        linear, paper, sigma = on_grid(rgb, plate)
        alpha, score = separate(linear, paper, sigma)
        confidence = self._calibration.apply(score, alpha)
        return Segmentation(alpha, confidence if plate.usable else confidence * np.float32(UNUSABLE))


def on_grid(rgb: U8, plate: Plate) -> tuple[F32, F32, F32]:
    """Photo, paper (linear light, float32 (h, w, 3)) and the paper's scatter (float32 (h, w)) at the working grid.

    The scatter is measured again here: shrinking the photo averages its noise away.
    """
    scale = min(1.0, GRID / max(rgb.shape[:2]))
    height, width = max(1, round(rgb.shape[0] * scale)), max(1, round(rgb.shape[1] * scale))
    small = resize(rgb, height, width)
    linear = to_linear(small)
    paper, _ = plate.rows(0, height, height, width)
    near = (channels.most(np.abs(linear - paper)) < NEAR * (channels.mean(paper) + 0.02)).astype(np.float32)
    return linear, paper, noise.sigma(paper, noise.shot_noise(small, near), plate.residual)


def separate(linear: F32, paper: F32, sigma: F32) -> tuple[F32, F32]:
    """Product against paper on one grid; sizes and units as `on_grid` gives them. Returns alpha and its score."""
    seen = evidence.gather(linear, paper, sigma)
    product, mass = propagate(seen.product, seen.mass, seen.across, seen.down, REACH)
    solid = _fill(product > 0.5, seen)
    alpha, contrast = fringe.soften(solid, linear, sigma)
    score = np.abs(2 * product - 1) * np.where(solid == (product > 0.5), 1, 0.5) * (0.6 + 0.4 * mass / (mass + 0.05))
    score *= 0.7 + 0.3 * np.where(solid, seen.product, seen.paper_like)  # seen itself, or only reached from elsewhere
    score *= np.where(contrast > 0, np.clip(contrast / 12, 0.2, 1), 1)
    return alpha, score.astype(np.float32)


def _fill(product: NDArray[np.bool_], seen: evidence.Evidence) -> NDArray[np.bool_]:
    """Closes what lies inside the product, except real holes: paper, or partly paper and else evenly shaded."""
    parts = Regions.of(~product)
    clear = parts.mean(seen.paper_like)
    shaded = parts.mean(np.maximum(seen.paper_like, seen.shade_like))
    hole = (parts.area >= HOLE_AREA) & ((clear > HOLE_CLEAR) | ((clear > HOLE_PARTLY) & (shaded > HOLE_SHADED)))
    return np.asarray(product | ~(hole | parts.at_frame())[parts.labels])
