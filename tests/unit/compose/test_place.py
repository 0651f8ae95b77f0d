"""Placement: inside the margins, filled to the pixel, aspect kept, cut sides on the edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compose.place import Sides, cut_sides, place, subject_box
from services.compose.template import Margin, Place
from services.kit.boxes import Box

RULES = Place(0.85, Margin(0.04, 0.04, 0.06, 0.04), "center", "center", 1.0, True, 20.0, 8 / 255)
FREE = Sides()
sides = st.builds(Sides, st.booleans(), st.booleans(), st.booleans(), st.booleans())
shares = st.floats(0, 0.4)
rules = st.builds(
    Place, st.floats(0.05, 1), st.builds(Margin, shares, shares, shares, shares),
    st.sampled_from(["left", "center", "right"]), st.sampled_from(["top", "center", "bottom", "baseline"]),
    st.floats(0.5, 1), st.booleans(), st.floats(0.1, 8), st.just(8 / 255),
)  # fmt: skip
length = st.integers(16, 3000)


@given(width=length, height=length, box_width=length, box_height=length, rules=rules)
def test_a_free_product_stays_inside_the_margins(
    width: int, height: int, box_width: int, box_height: int, rules: Place
) -> None:
    target = place(Box(5, 7, box_width, box_height), FREE, width, height, rules).target
    margin = rules.margin
    assert target.left >= margin.left * width - 1e-3
    assert target.top >= margin.top * height - 1e-3
    assert target.right <= (1 - margin.right) * width + 1e-3
    assert target.bottom <= (1 - margin.bottom) * height + 1e-3


@given(width=length, height=length, box_width=length, box_height=length, rules=rules, cut=sides)
def test_the_aspect_is_kept_to_the_pixel_and_enlarging_is_bounded(
    width: int, height: int, box_width: int, box_height: int, rules: Place, cut: Sides
) -> None:
    target = place(Box(0, 0, box_width, box_height), cut, width, height, rules).target
    low = max((target.width - 0.5) / box_width, (target.height - 0.5) / box_height)
    high = min((target.width + 0.5) / box_width, (target.height + 0.5) / box_height)
    if min(target.width, target.height) > 1:
        assert low <= high + 1e-9  # one scale explains both sides
    assert low <= rules.max_upscale + 1e-9


@given(box_width=st.integers(200, 3000), box_height=st.integers(200, 3000))
def test_the_limiting_side_is_filled_to_the_pixel(box_width: int, box_height: int) -> None:
    target = place(Box(0, 0, box_width, box_height), FREE, 2000, 2000, RULES).target
    assert max(target.width, target.height) == 1700
    assert abs(target.left + target.width / 2 - 1000) <= 0.5
    assert abs(target.top + target.height / 2 - 1000) <= 0.5


def test_margins_win_over_fill() -> None:
    target = place(Box(0, 0, 100, 100), FREE, 1000, 1000, replace(RULES, fill=1.0)).target
    assert target == Box(50, 40, 900, 900)


def test_max_upscale_wins_over_fill() -> None:
    placed = place(Box(0, 0, 100, 50), FREE, 1000, 1000, replace(RULES, max_upscale=1.0))
    assert (placed.target, placed.scale) == (Box(450, 475, 100, 50), 1.0)


def test_products_stand_on_the_baseline() -> None:
    rules = replace(RULES, y="baseline", baseline=0.9)
    for height in (100, 300, 900):
        assert place(Box(0, 0, 400, height), FREE, 1000, 1000, rules).target.bottom == 900


# (sides cut, expected target of a 400 x 600 product on 1000 x 1000 at fill 0.6)
SNAPS = [
    (Sides(bottom=True), Box(300, 400, 400, 600)),
    (Sides(top=True), Box(300, 0, 400, 600)),
    (Sides(left=True), Box(0, 200, 400, 600)),
    (Sides(right=True, bottom=True), Box(600, 400, 400, 600)),
    (Sides(top=True, bottom=True), Box(166, 0, 667, 1000)),  # spans the canvas
    (Sides(left=True, right=True), Box(300, 200, 400, 600)),  # spanning would break the margins above and below
    (Sides(True, True, True, True), Box(0, -250, 1000, 1500)),  # fills the canvas
]


@pytest.mark.parametrize(("cut", "target"), SNAPS)
def test_cut_sides_lie_on_the_canvas_edge(cut: Sides, target: Box) -> None:
    rules = replace(RULES, fill=0.6)
    assert place(Box(0, 0, 400, 600), cut, 1000, 1000, rules).target == target


def test_without_snapping_cut_sides_do_not_matter() -> None:
    rules = replace(RULES, snap=False)
    free = place(Box(0, 0, 400, 600), FREE, 1000, 1000, rules)
    assert place(Box(0, 0, 400, 600), Sides(bottom=True), 1000, 1000, rules) == free


def test_points_of_the_photo_map_onto_the_canvas() -> None:
    placed = place(Box(100, 200, 400, 600), FREE, 1000, 1000, replace(RULES, fill=0.6))
    assert placed.to_canvas(100, 200) == (placed.target.left, placed.target.top)
    assert placed.to_canvas(500, 800) == (placed.target.right, placed.target.bottom)


def test_the_subject_box_follows_the_threshold() -> None:
    alpha = np.zeros((50, 60), np.float32)
    alpha[10:20, 30:45] = 0.5
    alpha[5, 5] = 0.01
    assert subject_box(alpha, 0.1) == Box(30, 10, 15, 10)
    assert subject_box(alpha, 0.01) == Box(5, 5, 40, 15)
    assert subject_box(alpha, 0.6) is None


def test_cut_sides_are_those_where_the_product_meets_the_frame() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[40:, 30:60] = 1.0
    alpha[0, 0] = 1.0  # one pixel of dirt
    assert cut_sides(alpha) == Sides(bottom=True)
