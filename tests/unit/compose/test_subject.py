"""What a product is placed by: everything that belongs to it, and no speck far from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from services.compose.catalogue import parse
from services.compose.naming import Naming
from services.compose.pipeline import compose
from services.compose.place import Sides, cut_sides, subject_box
from services.compose.subject import without_specks
from services.kit.boxes import Box
from tests.parts.cutouts import on_paper

THRESHOLD = 8 / 255
PRODUCT = Box(350, 200, 300, 400)


def product(height: int = 900, width: int = 1000) -> np.ndarray:
    alpha = np.zeros((height, width), np.float32)
    alpha[PRODUCT.top : PRODUCT.bottom, PRODUCT.left : PRODUCT.right] = 1.0
    return alpha


def test_a_product_alone_is_left_as_it_is() -> None:
    alpha = product()
    assert without_specks(alpha, THRESHOLD) is alpha
    assert not without_specks(np.zeros((40, 30), np.float32), THRESHOLD).any()


@pytest.mark.parametrize("spot", [Box(0, 840, 30, 30), Box(970, 0, 30, 30), Box(500, 895, 120, 5)])
def test_a_speck_far_away_neither_widens_the_box_nor_cuts_a_side(spot: Box) -> None:
    alpha = product()
    alpha[spot.top : spot.bottom, spot.left : spot.right] = 1.0
    assert cut_sides(alpha) != Sides()
    found = without_specks(alpha, THRESHOLD)
    assert subject_box(found, THRESHOLD) == PRODUCT
    assert cut_sides(found) == Sides()
    assert np.array_equal(found[PRODUCT.top : PRODUCT.bottom], product()[PRODUCT.top : PRODUCT.bottom])


def test_faint_haze_over_a_corner_counts_for_its_alpha_not_for_its_area() -> None:
    alpha = product()
    alpha[:100, :100] = 0.05
    assert subject_box(without_specks(alpha, THRESHOLD), THRESHOLD) == PRODUCT


def test_the_second_of_a_pair_belongs_to_it() -> None:
    alpha = product()
    alpha[400:500, 60:120] = 1.0  # 5 % of the other
    assert without_specks(alpha, THRESHOLD) is alpha


def test_thin_links_near_each_other_belong_to_what_they_hang_on() -> None:
    """A pendant on a chain of which only every other link was kept: each link is next to nothing."""
    alpha = np.zeros((1000, 800), np.float32)
    alpha[700:900, 300:500] = 1.0
    for top in range(100, 700, 24):
        alpha[top : top + 6, 395:405] = 0.8
    assert without_specks(alpha, THRESHOLD) is alpha


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (257, 255), (2000, 300)])
def test_any_shape_keeps_its_shape(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    alpha = (rng.random(shape, np.float32) > 0.7).astype(np.float32)
    found = without_specks(alpha, THRESHOLD)
    assert found.shape == shape
    assert ((found == alpha) | (found == 0)).all()


def test_a_stray_spot_at_the_frame_leaves_the_product_in_the_middle(tmp_path: Path) -> None:
    source = b"""
schema: selvage/template@1
name: square
revision: 1
canvas: {width: 320, height: 320}
place: {fill: 0.8}
psd: false
exports: [{name: square, width: 320, format: png}]
"""
    alpha = product()
    alpha[860:, :25] = 1.0
    placed = compose(
        on_paper(alpha, (40, 90, 160)),
        None,
        parse(source, "square.yaml"),
        Naming("A", "1", "20261128", "approved"),
        tmp_path,
    ).numbers.placed
    assert (placed.height, placed.top, placed.left + placed.width / 2) == (256, 32, 160)
