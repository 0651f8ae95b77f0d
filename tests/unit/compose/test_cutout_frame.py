"""Where the product of a cut-out lies: exact geometry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compose.cutouts.frame import frame
from services.compose.cutouts.style import Length, Margins, Position, Style
from services.kit.boxes import Box

SUBJECT = Box(40, 30, 100, 60)  # in a photo of 300 x 200


def drawn(
    style: Style, subject: Box = SUBJECT, size: tuple[int, int] = (300, 200)
) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of the product on the canvas."""
    made = frame(subject, *size, style)
    left, top = made.left + subject.left * made.zoom_x, made.top + subject.top * made.zoom_y
    return left, top, left + subject.width * made.zoom_x, top + subject.height * made.zoom_y


def test_nothing_asked_leaves_the_photo_as_it_is() -> None:
    made = frame(SUBJECT, 300, 200, Style())
    assert (made.width, made.height, made.left, made.top, made.zoom_x, made.zoom_y) == (300, 200, 0, 0, 1, 1)


def test_a_crop_is_the_product_and_its_margins() -> None:
    made = frame(SUBJECT, 300, 200, Style(crop=True))
    assert (made.width, made.height) == (100, 60)
    assert drawn(Style(crop=True)) == (0, 0, 100, 60)
    margins = Margins(Length(10), Length(0.2, share=True), Length(0), Length(7))
    made = frame(SUBJECT, 300, 200, Style(crop=True, margins=margins))
    assert (made.width, made.height) == (100 + 20 + 7, 60 + 10)
    assert drawn(Style(crop=True, margins=margins)) == (7, 10, 107, 70)


def test_a_margin_is_at_most_half_the_product_and_500_pixels() -> None:
    margin = Margins(left=Length(400))
    assert frame(SUBJECT, 300, 200, Style(crop=True, margins=margin)).width == 150
    big = Box(0, 0, 3000, 10)
    assert frame(big, 3000, 10, Style(crop=True, margins=margin)).width == 3400
    margin = Margins(left=Length(0.5, share=True))
    assert frame(big, 3000, 10, Style(crop=True, margins=margin)).width == 3500


def test_a_scaled_product_fills_that_share_in_the_middle() -> None:
    # 0.9 of 200 rows would be 3 times its size, 0.9 of 300 columns 2.7 times: the tighter one counts.
    assert drawn(Style(scale=0.9)) == pytest.approx((15, 19, 285, 181))
    assert drawn(Style(scale=0.2)) == pytest.approx((120, 82, 180, 118))
    assert drawn(Style(scale=0.5, crop=True)) == pytest.approx((25, 15, 75, 45))


def test_a_position_shares_out_the_room_beside_the_product() -> None:
    assert drawn(Style(position=Position(0, 0)))[:2] == (0, 0)
    assert drawn(Style(position=Position(1, 1)))[2:] == (300, 200)
    assert drawn(Style(position=Position(0.25, 0.5)))[:2] == (50, 70)
    kept = drawn(Style(scale=0.2, position=Position(original=True)))
    assert ((kept[0] + kept[2]) / 2, (kept[1] + kept[3]) / 2) == pytest.approx((90, 60))
    # Enlarged where it was it would reach beyond the photo: it is moved as little as that takes.
    assert drawn(Style(scale=0.9, position=Position(original=True))) == pytest.approx((0, 0, 270, 162))


def test_a_limit_of_pixels_shrinks_the_canvas_and_never_enlarges_it() -> None:
    made = frame(SUBJECT, 300, 200, Style(max_pixels=15_000))
    assert (made.width, made.height, made.full_width, made.full_height) == (150, 100, 300, 200)
    assert drawn(Style(max_pixels=15_000)) == (20, 15, 70, 45)
    assert frame(SUBJECT, 300, 200, Style(max_pixels=10**9)).width == 300


@given(
    st.integers(1, 400), st.integers(1, 400), st.data(), st.booleans(), st.sampled_from([0.0, 0.1, 0.37, 1.0]),
    st.sampled_from([0, 1, 777, 250_000]),
)  # fmt: skip
def test_product_and_limits_hold_for_any_photo(
    width: int, height: int, data: st.DataObject, crop: bool, scale: float, most: int
) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    subject = Box(left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    position = data.draw(st.sampled_from([None, Position(0, 1), Position(0.3, 0.7), Position(original=True)]))
    style = Style(crop=crop, scale=scale, max_pixels=most, position=position)
    made = frame(subject, width, height, style)
    assert made.width >= 1 and made.height >= 1
    assert not most or made.width * made.height <= max(most, made.width, made.height)
    box = drawn(style, subject, (width, height))
    assert box[0] >= -1e-6 and box[1] >= -1e-6
    assert box[2] <= made.width + 1e-6 and box[3] <= made.height + 1e-6
    if scale:
        filled = max((box[2] - box[0]) / made.width, (box[3] - box[1]) / made.height)
        assert filled == pytest.approx(scale)
