"""What a user's own model's confidence means, measured on the user's labelled photos and written beside the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.segment.calibrate import IDENTITY, TOLERANCE, Calibration, calibration_error, edge_band
from services.segment.geometry import grow
from services.segment.onnx import session
from services.segment.own import confidence, folder
from services.segment.own.segmenter import OwnSegmenter
from services.segment.settings import SegmentSettings
from training.calibrate import fit_all
from training.errors import TooFewPairs
from training.judged import Judged
from training.pairs import find, to_judge
from training.predict import F32, U8, Predictor

LEAST = 6
KEPT = 20_000


@dataclass(frozen=True)
class Calibrated:
    """path: what was written. error_before, error_after: calibration error along the outline of photos that the fit did
    not see, with the cautious curve and with one fitted to the other half; the file holds the fit to all."""

    path: Path
    pictures: int
    error_before: float
    error_after: float


def calibrate_own(model: Path, pairs: Path, settings: SegmentSettings) -> Calibrated:
    """Runs the model on every pair, so that it takes as long as that. Raises PairsUnusable, TooFewPairs, ModelMissing,
    ModelUnknown, OwnModelUnfit, CardInvalid, ProviderMissing.
    """
    pictures = [to_judge(pair, "own") for pair in find(pairs)]
    if len(pictures) < LEAST:
        raise TooFewPairs(found=f"{len(pictures)} photos", least=f"{LEAST} photos")
    own = folder.inspect(model)
    opened = session(own.file, own.spec.name, settings.threads, settings.providers)
    bare = OwnSegmenter(own.spec, opened, IDENTITY)
    answers = {}
    for picture in pictures:
        alpha = grow(bare.alpha(picture.rgb), *picture.rgb.shape[:2])
        answers[id(picture.rgb)] = alpha, confidence.score(alpha)

    def scores(rgb: U8) -> tuple[F32, F32]:
        return answers[id(rgb)]

    skus = sorted({picture.product for picture in pictures})
    half = [picture for picture in pictures if picture.product in skus[::2]]
    rest = [picture for picture in pictures if picture not in half] or half
    tried = Calibration.from_json(fit_all(scores, half))
    fitted = Calibration.from_json(fit_all(scores, pictures))
    path = confidence.write(model, own.sha256, fitted, len(pictures))
    before, after = (_error(scores, rest, one) for one in (confidence.CAUTIOUS, tried))
    return Calibrated(path, len(pictures), before, after)


def _error(scores: Predictor, pictures: list[Judged], calibration: Calibration) -> float:
    rng = np.random.default_rng(0)
    said, right = [], []
    for picture in pictures:
        alpha, score = scores(picture.rgb)
        places = np.flatnonzero(edge_band(alpha))
        places = rng.choice(places, min(KEPT, len(places)), replace=False) if len(places) else places
        said.append(calibration.apply(score, alpha).ravel()[places])
        right.append((np.abs(alpha - picture.truth) <= TOLERANCE).ravel()[places])
    joined = np.concatenate(said)
    return calibration_error(joined, np.concatenate(right)) if len(joined) else 0.0
