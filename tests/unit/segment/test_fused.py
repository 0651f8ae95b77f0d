"""Model and paper together."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.paper import Plate, estimate
from services.segment.fused import (
    EVEN,
    SUREST_EMPTY,
    FusedSegmenter,
    agreement,
    beside_paper,
    combine,
    contrast,
    no_holes,
    other_hue,
)
from services.segment.geometry import grow
from services.segment.paper import PaperSegmenter
from services.segment.port import Segmentation


@dataclasses.dataclass(frozen=True)
class Fixed:
    """A segmenter whose answer is given."""

    answer: Segmentation
    profile: str = "fixed"

    def segment(self, rgb: NDArray[np.uint8], plate: Plate | None) -> Segmentation:
        return self.answer


def scene() -> NDArray[np.uint8]:
    rgb = np.full((120, 160, 3), 225, np.uint8)
    rgb[30:90, 50:110] = (150, 40, 40)
    return rgb


ONE = np.ones((1, 1), np.float32)


def answer(alpha: float, confidence: float, shape: tuple[int, int] = (60, 80)) -> Segmentation:
    return Segmentation(np.full(shape, alpha, np.float32), np.full(shape, confidence, np.float32))


def failed(plate: Plate, residual: float) -> Plate:
    return dataclasses.replace(plate, usable=False, detail="a test", residual=residual)


@pytest.mark.parametrize("with_plate", [False, True])
def test_without_a_plate_that_fits_it_is_the_model_bit_for_bit(with_plate: bool) -> None:
    model = answer(0.37, 0.81)
    plate = failed(estimate(scene()), residual=2 * EVEN) if with_plate else None
    found = FusedSegmenter(Fixed(model), PaperSegmenter()).segment(scene(), plate)
    assert found is model


def test_a_plate_that_fits_but_failed_its_gate_tells_what_is_no_paper_and_nothing_more() -> None:
    plate = failed(estimate(scene()), residual=EVEN / 2)
    alpha, confidence = np.zeros((60, 80), np.float32), np.full((60, 80), 0.97, np.float32)
    alpha[15:45, 25:40] = 1  # the left half of the product
    alpha[15:45, 40:55], confidence[15:45, 40:55] = 0.3, 0.3  # the right one, of which the model is not sure
    alpha[50:58, 5:20], confidence[50:58, 5:20] = 0.7, 0.4  # and a piece of paper that it would rather keep
    found = FusedSegmenter(Fixed(Segmentation(alpha, confidence)), PaperSegmenter()).segment(scene(), plate)
    assert found.alpha[35:85, 55:105].min() > 0.9
    np.testing.assert_allclose(found.alpha[102:114, 14:38], 0.7, atol=0.01)


def test_a_plate_taken_from_the_product_itself_is_not_believed() -> None:
    model = answer(1.0, 0.9)
    found = FusedSegmenter(Fixed(model), PaperSegmenter()).segment(scene(), estimate(scene()))
    assert found is model


def test_a_white_label_does_not_make_a_fabric_of_the_paper() -> None:
    """A box whose most is a label as white as the paper around it."""
    rgb = np.full((160, 120, 3), 235, np.uint8)
    rgb[10:150, 10:110] = (60, 90, 140)
    rgb[14:146, 14:106] = 235
    alpha = np.zeros((160, 120), np.float32)
    alpha[10:150, 10:110] = 1
    alpha[100:120, 10:14] = 0.2  # a piece of the rim of the box, of which the model is not sure
    confidence = np.where(alpha == 0.2, 0.3, 0.99).astype(np.float32)
    model = Segmentation(alpha, confidence)
    plate = estimate(rgb)
    assert plate.usable
    found = FusedSegmenter(Fixed(model), PaperSegmenter()).segment(rgb, plate)
    assert found is not model
    assert found.alpha[100:120, 11:13].min() > 0.5
    assert found.alpha[20:140, 20:100].min() > 0.9


def test_on_paper_the_surer_side_wins() -> None:
    plate = estimate(scene())
    assert plate.usable
    unsure = dataclasses.replace(answer(0.3, 0.3), review_risk=0.6)
    found = FusedSegmenter(Fixed(unsure), PaperSegmenter()).segment(scene(), plate)
    assert found.alpha.shape == (120, 160)
    assert found.review_risk == 0.6  # the model's word of itself
    assert found.alpha[40:80, 60:100].min() > 0.9
    assert found.alpha[:20].max() < 0.1


def test_agreement_is_surer_than_either_and_contradiction_less() -> None:
    one = np.full((1, 1), 0.8, np.float32)
    product, empty = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    alpha, agreed = combine(product, one, product, one, ONE)
    assert alpha[0, 0] == 1 and agreed[0, 0] > 0.9
    even = np.full((1, 1), SUREST_EMPTY, np.float32)
    alpha, contested = combine(product, even, empty, even, ONE)
    assert alpha[0, 0] == pytest.approx(0.5) and contested[0, 0] < 0.5
    alpha, led = combine(product, np.full((1, 1), 0.99, np.float32), empty, np.full((1, 1), 0.3, np.float32), ONE)
    assert alpha[0, 0] > 0.95 and led[0, 0] > contested[0, 0]


def test_what_looks_like_paper_does_not_outvote_a_sure_model() -> None:
    product, empty = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    alpha, _ = combine(product, np.full((1, 1), 0.95, np.float32), empty, np.full((1, 1), 0.999, np.float32), ONE)
    assert alpha[0, 0] > 0.9


def test_where_the_paper_contradicts_sure_places_it_is_not_believed_nearby_either() -> None:
    """A white shirt: the model is sure inside and in doubt along the outline; half of it looks like paper."""
    alpha = np.zeros((200, 200), np.float32)
    alpha[40:160, 40:160] = 1
    confidence = np.full_like(alpha, 0.99)
    outline = np.zeros_like(alpha, bool)
    outline[36:164, 36:164] = True
    outline[46:154, 46:154] = False
    confidence[outline] = 0.45
    seen = alpha.copy()
    seen[40:160, 40:100] = 0  # the left half looks like paper
    fused, _ = combine(alpha, confidence, seen, np.full_like(alpha, 0.95), np.ones_like(alpha))
    assert fused[60:140, 41:44].min() > 0.9  # its outline is kept
    of_product, of_emptiness = agreement(alpha, confidence, seen)
    assert of_emptiness[100, 45] < 0.6
    assert of_emptiness[100, 190] > 0.99
    assert of_product.min() == 1  # what it takes for product is none the worse
    seen[40:160, 40:100] = 1
    seen[60:140, 41:44] = 0  # only the doubtful outline is contradicted: there the paper is asked
    fused, _ = combine(alpha, confidence, seen, np.full_like(alpha, 0.95), np.ones_like(alpha))
    assert fused[60:140, 41:44].max() < 0.5


def test_without_sure_places_nothing_is_contradicted() -> None:
    half = np.full((32, 32), 0.5, np.float32)
    assert all((one == 1).all() for one in agreement(half, half, 1 - half))


def test_the_nearer_the_product_comes_to_the_papers_colour_the_less_the_paper_says() -> None:
    rgb = np.full((240, 320, 3), 225, np.uint8)
    rgb[60:180, 60:150], rgb[60:180, 150:240] = (150, 40, 40), (222, 224, 226)
    alpha = np.zeros((240, 320), np.float32)
    alpha[60:180, 60:240] = 1
    telling = contrast(*beside_paper(rgb, estimate(rgb), *alpha.shape), alpha)
    assert telling.shape == alpha.shape
    assert telling[100:140, 58:70].min() == 1
    assert telling[100:140, 230:238].max() == 0
    assert telling[:40].min() == 1  # no product near


def test_beside_a_product_of_the_papers_tone_the_model_decides() -> None:
    product, empty, even = ONE, np.zeros_like(ONE), np.full_like(ONE, 0.5)
    assert combine(product, even, empty, even, np.zeros_like(ONE))[0] == 1
    assert combine(product, even, empty, even, ONE)[0] == pytest.approx(0.5)
    assert combine(empty, even, product, even, np.zeros_like(ONE))[0] == pytest.approx(0.5)  # seen, so it is there


def test_a_hole_of_another_hue_than_the_papers_is_none_and_others_stay() -> None:
    alpha = np.zeros((200, 300), np.float32)
    alpha[20:180, 20:280] = 1
    alpha[60:140, 40:100] = alpha[60:140, 200:260] = 0
    alpha[0:60, 148:152] = 0  # a slit from outside
    seen = Segmentation(np.ones_like(alpha), np.full(alpha.shape, 0.95, np.float32))
    hue = np.zeros_like(alpha)
    assert not no_holes(alpha, seen, hue).any()  # gaps in deep shade, which the paper takes for product
    hue[60:140, 40:100] = hue[0:60, 148:152] = 1
    found = no_holes(alpha, seen, hue)
    assert found[60:140, 40:100].all()
    assert not found[60:140, 190:].any()
    assert not found[:, 140:160].any()
    seen.confidence[60:140, 40:100] = 0.6
    assert not no_holes(alpha, seen, hue).any()


def test_a_shade_has_the_papers_hue_and_a_print_another() -> None:
    rgb = np.full((240, 320, 3), (180, 200, 225), np.uint8)
    rgb[60:180, 60:150], rgb[60:180, 150:240] = (45, 50, 56), (40, 90, 30)
    hue = grow(other_hue(*beside_paper(rgb, estimate(rgb), 120, 160)), 120, 160)
    assert hue.shape == (120, 160)
    assert hue[:, :72].max() == 0
    assert hue[34:86, 80:116].min() == 1
