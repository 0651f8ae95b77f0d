"""Regions settled by colours: what is taken over, what is left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.segment.colours import OUTLINE, SAID, cut, outline, settle
from services.segment.port import Segmentation

HEIGHT, WIDTH = 240, 320
Mask = NDArray[np.bool_]


def garment() -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (WIDTH // 2, HEIGHT // 2), (90, 70), 0, 0, 360, 1, -1)
    return mask > 0


def photo(
    ground: tuple[int, int, int] = (150, 130, 110), cloth: tuple[int, int, int] = (150, 30, 60)
) -> NDArray[np.uint8]:
    """A plain garment on a floor with grain, so that no plate of paper is usable."""
    rng = np.random.default_rng(3)
    rgb = np.where(garment()[..., None], cloth, (150, 130, 110)) + rng.normal(0, 5, (HEIGHT, WIDTH, 1))
    return np.clip(rgb, 0, 255).astype(np.uint8)


def said(mask: Mask, risk: float | None = 0.95, confidence: float = 0.93) -> Segmentation:
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)
    return Segmentation(alpha, np.full(mask.shape, confidence, np.float32), risk)


def half_lost() -> Mask:
    mask = garment()
    mask[:, WIDTH // 2 + 20 :] = False
    return mask


def error(alpha: NDArray[np.float32]) -> float:
    return float(np.abs(alpha - garment()).mean())


def test_half_a_garment_comes_back() -> None:
    wrong = said(half_lost())
    found = settle(photo(), wrong)
    assert error(wrong.alpha) > 0.05
    assert error(found.alpha) < 0.01
    assert found.review_risk == wrong.review_risk


def test_ground_that_was_kept_goes() -> None:
    mask = garment()
    mask[20:90, 10:90] = True
    found = settle(photo(), said(mask))
    assert error(found.alpha) < 0.01


def test_on_plain_ground_nothing_goes() -> None:
    mask = garment()
    mask[20:90, 10:90] = True
    kept = settle(photo(), said(mask), removing=False)
    assert np.abs(kept.alpha - said(mask).alpha).max() < 0.01
    assert error(settle(photo(), said(half_lost()), removing=False).alpha) < 0.01


def test_its_confidence_is_lower_and_lowest_along_the_new_outline() -> None:
    found = settle(photo(), said(half_lost()))
    inside = found.confidence[HEIGHT // 2, WIDTH // 2 + 60]
    rim = found.confidence[HEIGHT // 2, WIDTH // 2 + 85 : WIDTH // 2 + 96].min()
    assert inside == pytest.approx(SAID, abs=0.02)
    assert rim < (SAID + OUTLINE) / 2  # below what a trimap calls known: matting solves it
    assert found.confidence[HEIGHT // 2, WIDTH // 2 - 40] == pytest.approx(0.93, abs=1e-3)  # untouched


def test_the_answer_itself_where_nothing_is_to_be_said() -> None:
    right = said(garment())
    assert settle(photo(), right) is right
    nothing, everything = said(np.zeros((HEIGHT, WIDTH), bool)), said(np.ones((HEIGHT, WIDTH), bool))
    assert settle(photo(), nothing) is nothing
    assert settle(photo(), everything) is everything


def test_a_model_without_doubt_is_not_asked_again() -> None:
    sure = said(half_lost(), 0.3)
    assert settle(photo(), sure) is sure
    untold = said(half_lost(), None)  # a profile that tells no risk
    assert error(settle(photo(), untold).alpha) < 0.01


def test_a_region_of_which_the_model_is_sure_is_left_alone() -> None:
    sure = said(half_lost(), confidence=0.98)
    assert settle(photo(), sure) is sure
    sure.confidence[:, WIDTH // 2 :] = 0.8  # it doubts what it lost
    assert error(settle(photo(), sure).alpha) < 0.01


def test_colours_that_tell_nothing_change_nothing() -> None:
    same = said(half_lost())
    found = settle(photo(cloth=(150, 130, 110)), same)
    assert np.abs(found.alpha - same.alpha).max() < 0.05


@pytest.mark.parametrize("shape", [(3, 5), (2, 700), (1, 1)])
def test_any_size(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    alpha = rng.random(shape, dtype=np.float32)
    found = settle(rgb, Segmentation(alpha, alpha, None))
    assert found.alpha.shape == shape
    assert found.alpha.dtype == found.confidence.dtype == np.float32
    assert 0 <= found.alpha.min() <= found.alpha.max() <= 1


def test_the_same_photo_gives_the_same_answer() -> None:
    lab = cv2.cvtColor(photo(), cv2.COLOR_RGB2LAB)
    assert np.array_equal(cut(lab, half_lost()), cut(lab, half_lost()))


def test_an_outline_on_the_photos_edge_has_the_colours_further_apart() -> None:
    lab = cv2.cvtColor(photo(), cv2.COLOR_RGB2LAB)
    assert outline(lab, garment())[0] > 1.15 * outline(lab, half_lost())[0]
    assert outline(lab, np.zeros((HEIGHT, WIDTH), bool)) == (0.0, 0)
