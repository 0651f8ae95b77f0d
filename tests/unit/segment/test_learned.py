"""Two looks joined to one answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from services.segment.calibrate import IDENTITY
from services.segment.learned import LearnedSegmenter, merge
from services.segment.models import DEFAULT, Manifest, find, read
from services.segment.review import Review, Signs


class Threshold:
    """A runner that calls the dark product; it remembers the sides it was asked for."""

    def __init__(self) -> None:
        self.sides: list[int] = []

    def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        self.sides.append(pixels.shape[1])
        dark = ((pixels.mean(-1) < 128) * 255).astype(np.uint8)
        return np.stack([dark, np.full_like(dark, 255)], -1)


def manifest(looks: tuple[int, ...]) -> Manifest:
    shipped = read(find(DEFAULT))
    return Manifest("t", "1", shipped.weights, shipped.sha256, looks[-1], looks, IDENTITY, "none")


def test_the_answer_has_the_photos_aspect_and_no_rim() -> None:
    rgb = np.full((300, 411, 3), 240, np.uint8)
    rgb[60:240, 100:311] = 20
    runner = Threshold()
    found = LearnedSegmenter("model", runner, manifest((64, 128))).segment(rgb, None)
    assert runner.sides == [64, 128]
    assert found.alpha.shape == found.confidence.shape == (93, 128)
    truth = 180 * 211 / (300 * 411)
    assert abs(found.alpha.mean() - truth) < 0.01


def test_a_model_that_was_fitted_for_it_tells_its_risk() -> None:
    rgb = np.full((300, 411, 3), 240, np.uint8)
    rgb[60:240, 100:311] = 20
    plain, made = manifest((128,)), Review(-2.0, (3.0, 1.0))
    assert LearnedSegmenter("model", Threshold(), plain).segment(rgb, None).review_risk is None
    fitted = LearnedSegmenter("model", Threshold(), replace(plain, review=made))
    assert fitted.segment(rgb, None).review_risk == pytest.approx(made.risk(Signs(0.0, 0.0)))
    assert read(find(DEFAULT)).review is not None


def test_the_fine_look_sets_the_outline_and_the_coarse_one_the_regions() -> None:
    coarse = np.zeros((32, 32), np.float32)
    coarse[8:24, 8:24] = 1
    fine = np.zeros((256, 256), np.float32)
    fine[66:190, 66:190] = 1  # two pixels inside the coarse outline
    fine[100:150, 100:150] = 0  # the large look has lost the middle
    fine[10:30, 200:240] = 1  # and found something elsewhere
    alpha, score = merge(coarse, np.ones_like(coarse), fine, np.ones_like(fine))
    assert alpha[110:140, 110:140].min() > 0.99
    assert alpha[14:26, 204:236].max() < 0.01
    assert np.abs(alpha[125, 62:70] - fine[125, 62:70]).max() < 0.35
    assert score[120, 120] < 0.5 < score[125, 190 - 20]


def test_looks_that_agree_change_nothing() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[20:40, 20:40] = 1
    merged, score = merge(alpha, np.full_like(alpha, 0.8), alpha, np.full_like(alpha, 0.8))
    np.testing.assert_allclose(merged, alpha, atol=1e-5)
    np.testing.assert_allclose(score, 0.8, atol=1e-5)
