"""The measures against numbers known beforehand."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from training import measures


def disk(radius: float, side: int = 400) -> np.ndarray:
    """A disk with an exact anti-aliased rim, to a sixteenth of a pixel's area."""
    fine = np.zeros((side * 4, side * 4), np.uint8)
    cv2.circle(fine, (side * 2, side * 2), round(radius * 4), 255, -1)
    return cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def test_truth_has_full_edge_accuracy() -> None:
    assert measures.edge_accuracy(disk(150), disk(150)) == 1.0


def test_an_error_of_one_pixel_passes_and_of_four_fails() -> None:
    """Unscaled, tolerance two pixels."""
    assert measures.edge_accuracy(disk(151), disk(150), scaled=False) == 1.0
    assert measures.edge_accuracy(disk(154), disk(150), scaled=False) == 0.0


def test_an_empty_answer_has_none() -> None:
    assert measures.edge_accuracy(np.zeros((400, 400), np.float32), disk(150)) == 0.0


def test_no_product_gives_no_figure() -> None:
    assert math.isnan(measures.edge_accuracy(disk(10), np.zeros((400, 400), np.float32)))


def test_a_false_region_costs_precision() -> None:
    wrong = disk(150)
    wrong[:40, :40] = 1
    assert 0.8 < measures.edge_accuracy(wrong, disk(150), scaled=False) < 1.0


def test_wide_transitions_are_no_contour() -> None:
    soft = cv2.GaussianBlur(disk(150), (0, 0), 12)
    assert math.isnan(measures.edge_accuracy(disk(140), soft, scaled=False))


def test_small_holes_are_no_contour() -> None:
    pierced = disk(150)
    pierced[200:204, 200:204] = 0
    assert measures.edge_accuracy(pierced, disk(150), scaled=False) == 1.0


def test_plain_errors() -> None:
    truth = np.array([[0, 0.5, 1, 1]], np.float32)
    alpha = np.array([[0.2, 0.1, 1, 0.4]], np.float32)
    assert measures.mean_error(alpha, truth) == pytest.approx(0.3)
    assert measures.band_error(alpha, truth) == pytest.approx(0.4)
    assert measures.overlap(alpha, truth) == pytest.approx(1 / 3)
    assert measures.overlap(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)) == 1.0
    assert math.isnan(measures.band_error(alpha, np.ones((1, 4), np.float32)))


def test_leakage_counts_only_real_shadow() -> None:
    shadow = np.array([[0.05, 0.5, 0.5, 0]], np.float32)
    assert measures.leakage(np.array([[1, 0.2, 0.4, 1]], np.float32), shadow) == pytest.approx(0.3)
    assert math.isnan(measures.leakage(shadow, np.zeros((1, 4), np.float32)))


def test_ranking() -> None:
    score = np.array([0.9, 0.8, 0.3, 0.3])
    assert measures.ranking(score, np.array([True, False, True, False])) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert math.isnan(measures.ranking(score, np.zeros(4, bool)))


def test_hole_recall_counts_enclosed_holes_that_stay_clear() -> None:
    truth = np.zeros((60, 60), np.float32)
    truth[10:50, 10:50] = 1
    truth[15:25, 15:25] = 0
    truth[30:40, 30:40] = 0
    truth[45:48, 45:48] = 0  # smaller than 25 pixels
    assert measures.hole_recall(truth, truth) == 1.0
    filled = truth.copy()
    filled[30:40, 30:40] = 0.6
    assert measures.hole_recall(filled, truth) == 0.5
    assert np.isnan(measures.hole_recall(truth, np.ones((60, 60), np.float32)))
    open_to_the_rim = np.ones((60, 60), np.float32)
    open_to_the_rim[:20, 20:40] = 0
    assert np.isnan(measures.hole_recall(truth, open_to_the_rim))


def test_the_sum_of_soft_errors_counts_in_thousands() -> None:
    truth = np.full((100, 200), 0.5, np.float32)
    assert measures.band_sum(truth + np.float32(0.25), truth) == pytest.approx(5.0)
    assert np.isnan(measures.band_sum(truth, np.ones_like(truth)))
