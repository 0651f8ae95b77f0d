"""Letterbox and back, for every size."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.segment.geometry import grow, letterbox, plan, squash, unletterbox

SIDES = st.sampled_from([64, 96, 256, 384])


@given(height=st.integers(1, 700), width=st.integers(1, 700), side=SIDES)
def test_the_picture_fills_the_square_and_keeps_its_aspect(height: int, width: int, side: int) -> None:
    box = plan(height, width, side)
    assert max(box.height, box.width) == side
    assert min(box.height, box.width) >= 1
    assert box.top + box.height <= side and box.left + box.width <= side
    assert abs(box.height * width - box.width * height) <= max(height, width)  # within one rounded pixel


@given(height=st.integers(1, 300), width=st.integers(1, 300), side=SIDES)
def test_what_comes_back_is_the_picture_without_the_rim(height: int, width: int, side: int) -> None:
    rgb = np.full((height, width, 3), 77, np.uint8)
    square, box = letterbox(rgb, side)
    assert square.shape == (side, side, 3)
    assert (square == 77).all()  # the rim repeats the edge
    assert unletterbox(square, box).shape == (box.height, box.width, 3)


@given(height=st.integers(1, 64), width=st.integers(1, 64))
def test_a_picture_of_the_models_size_comes_back_exactly(height: int, width: int) -> None:
    rgb = np.random.default_rng(height * 65 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    square, box = letterbox(rgb, max(height, width))
    np.testing.assert_array_equal(unletterbox(square, box), rgb)


def test_odd_sizes_stay_centred_to_half_a_pixel() -> None:
    ramp = np.repeat(np.linspace(0, 255, 301).astype(np.uint8)[None, :, None], 101, 0).repeat(3, 2)
    square, box = letterbox(ramp, 128)
    back = grow(np.ascontiguousarray(unletterbox(square, box)[..., 0], np.float32), 101, 301)
    assert np.abs(back[:, 5:-5] - ramp[:, 5:-5, 0]).max() < 2


def test_squash_gives_up_the_aspect() -> None:
    assert squash(np.zeros((10, 30, 3), np.uint8), 64).shape == (64, 64, 3)
