"""What the confidence of an exported model means, fitted on products that take no part in its calibration figures.

The validation products fall into two halves by name: one for fitting, one for the edge ECE that `evaluate` reports.
The maps themselves are those of the segment service (isotonic, the edge band apart from the rest).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from services.segment.calibrate import TOLERANCE, edge_band, fit
from training.judged import Judged
from training.predict import Predictor

KEPT = 20_000
"""Pixels of one picture and region that enter the fit."""

Knots = tuple[tuple[float, float], ...]


def for_fitting(product: str) -> bool:
    """Whether a validation product belongs to the half that calibration is fitted on."""
    return zlib.crc32(product.encode()) % 2 == 0


def calibrate(scores: Predictor, pictures: Iterable[Judged]) -> dict[str, Knots]:
    """Knots of the two maps, `edge` and `inside`, from bare scores. Only pictures of the fitting half are looked at.

    Phone photos are left out: their masks are a pixel off, which an event of 0.1 cannot bear.
    """
    return fit_all(scores, (one for one in pictures if one.group != "phone" and for_fitting(one.product)))


def fit_all(scores: Predictor, pictures: Iterable[Judged]) -> dict[str, Knots]:
    """The same from every picture. Raises ValueError when there are none."""
    rng = np.random.default_rng(0)
    found: dict[str, list[tuple[NDArray[np.floating], NDArray[np.bool_]]]] = {"edge": [], "inside": []}
    for picture in pictures:
        alpha, score = scores(picture.rgb)
        right = np.abs(alpha - picture.truth) <= TOLERANCE
        band = edge_band(alpha)
        for name, region in (("edge", band), ("inside", ~band)):
            places = np.flatnonzero(region)
            if len(places):
                places = rng.choice(places, min(KEPT, len(places)), replace=False)
                found[name].append((score.ravel()[places], right.ravel()[places]))
    if not all(found.values()):
        raise ValueError("there are no pictures to fit the confidence on")
    return {
        name: fit(np.concatenate([score for score, _ in pairs]), np.concatenate([right for _, right in pairs]))
        for name, pairs in found.items()
    }
