"""The image-level risk: signs of one answer, and the map fitted to them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.segment.review import FLOOR, Review, Signs, fit, signs


def answer(side: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sure dark square on light ground: alpha, confidence, photo."""
    alpha = np.zeros((side, side), np.float32)
    alpha[side // 4 : -side // 4, side // 4 : -side // 4] = 1
    rgb = np.where(alpha[..., None] > 0, 60, 220).astype(np.uint8).repeat(3, 2)
    return alpha, np.ones_like(alpha), rgb


def test_a_sure_answer_has_no_signs() -> None:
    assert signs(*answer()) == Signs(0.0, 0.0)


def test_nothing_found_and_all_found_have_no_outline() -> None:
    _, confidence, rgb = answer()
    for value in (0.0, 1.0):
        assert signs(np.full((200, 200), value, np.float32), confidence, rgb) == Signs(0.0, 0.0)


def test_a_doubtful_side_and_ten_pixels_above_and_below_it() -> None:
    alpha, confidence, rgb = answer()
    confidence[:, 140:] = 0.3
    assert signs(alpha, confidence, rgb).doubtful == pytest.approx(0.3, abs=0.01)


def test_one_doubtful_pixel_is_chance() -> None:
    alpha, confidence, rgb = answer()
    confidence[100, 150] = 0
    assert signs(alpha, confidence, rgb).doubtful == 0


def test_a_side_of_the_ground_s_tone_is_faint() -> None:
    alpha, confidence, rgb = answer()
    rgb[:, 150:] = 65
    found = signs(alpha, confidence, rgb)
    assert found.faint == pytest.approx(0.25, abs=0.05)
    assert found.doubtful == 0


def test_the_size_of_photo_and_maps_does_not_matter() -> None:
    alpha, confidence, rgb = answer(600)
    confidence[:, 420:] = 0.3
    less, sure = (cv2.resize(plane, (300, 300), interpolation=cv2.INTER_AREA) for plane in (alpha, confidence))
    whole, half = signs(alpha, confidence, rgb), signs(less, sure, rgb)
    assert half.doubtful == pytest.approx(whole.doubtful, abs=0.02)


def test_the_map_ranks_and_is_even_over_both_kinds() -> None:
    """Answers with a doubtful outline are touched, others are not, three times as many."""
    found = [Signs(0.002 * k, 0.0) for k in range(30)] + [Signs(0.3 + 0.05 * k, 0.0) for k in range(10)]
    touched = np.array([False] * 30 + [True] * 10)
    made = fit(found, touched)
    risks = np.array([made.risk(one) for one in found])
    assert risks[touched].min() > 0.5 > risks[~touched].max()
    assert made.weights[1] == 0


def test_a_sign_that_speaks_for_an_answer_counts_for_nothing() -> None:
    found = [Signs(0.0, 0.5), Signs(0.1, 0.4), Signs(0.4, 0.1), Signs(0.5, 0.0)]
    made = fit(found, np.array([False, False, True, True]))
    assert made.weights[0] > 0
    assert made.weights[1] == 0


def test_one_kind_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="good and bad"):
        fit([Signs(0.1, 0.1)] * 3, np.array([True] * 3))


def test_the_map_survives_json() -> None:
    made = Review(-1.25, (3.5, 0.5))
    assert Review.from_json(made.to_json()) == made


def test_vectors_run_from_none_to_all() -> None:
    assert Signs(0.0, 1.0).vector == pytest.approx((0.0, 1.0))
    assert Signs(FLOOR, 0.0).vector[0] == pytest.approx(np.log(2) / np.log(1 / FLOOR + 1))
