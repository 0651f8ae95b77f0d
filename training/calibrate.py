"""What the confidence of an exported model means, fitted on products that take no part in its calibration figures.

The validation products fall into two halves by name: one for fitting, one for the edge ECE that `evaluate` reports.
The maps themselves are those of the segment service (isotonic, the edge band apart from the rest).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.segment import review
from services.segment.calibrate import TOLERANCE, edge_band, fit
from training import measures
from training.judged import Judged, judged, trained
from training.predict import Predictor, from_folder

KEPT = 20_000
"""Pixels of one picture and region that enter the fit."""

FITTED_ON = ("white", "coloured", "same_tone", "room", "people", "empty")
GOOD = 0.95
"""Edge accuracy below which a reviewer would touch a picture."""

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


def fit_review(calibrated: Predictor, pictures: Iterable[Judged]) -> review.Review:
    """The map from signs of an answer to the risk that a reviewer would touch it. `calibrated`: with the confidence it
    will be shipped with. Phone photos, whose masks are a pixel off, are passed over, and pictures without an edge.

    Raises ValueError when the rest are all good or all bad.
    """
    found, touched = [], []
    for picture in pictures:
        if picture.group == "phone":
            continue
        alpha, confidence = calibrated(picture.rgb)
        edge = measures.edge_accuracy(alpha, picture.truth)
        if np.isfinite(edge):
            found.append(review.signs(alpha, confidence, picture.rgb))
            touched.append(edge < GOOD)
    return review.fit(found, np.array(touched, bool))


def review_map(folder: Path, photos: Path, limit: int | None = None) -> review.Review:
    """That of a model folder, from composites of the train split and the fitting half of the validation products."""
    half = (one for one in judged(photos, groups=FITTED_ON, limit=limit) if for_fitting(one.product))
    return fit_review(from_folder(folder), chain(trained(photos, limit=limit), half))
