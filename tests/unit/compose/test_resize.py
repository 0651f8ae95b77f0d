"""Resampling: exact constants, no ringing, right positions, linear light."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compose.resize import axis, bands, scale_to, straighten
from services.kit.pictures import to_linear, to_srgb8

byte = st.integers(0, 255)


@settings(max_examples=25, deadline=None)
@given(colour=st.tuples(byte, byte, byte), width=st.integers(1, 90), height=st.integers(1, 90))
def test_a_constant_stays_exactly_that_constant(colour: tuple[int, int, int], width: int, height: int) -> None:
    picture = np.empty((37, 53, 3), np.uint8)
    picture[:] = colour
    assert (scale_to(picture, width, height) == picture[0, 0]).all()


@settings(max_examples=25, deadline=None)
@given(data=st.data(), width=st.integers(4, 120))
def test_a_product_of_one_colour_keeps_it_at_every_alpha(data: st.DataObject, width: int) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    alpha = np.random.default_rng(seed).random((40, 60), np.float32)
    alpha[:, :20] = 0
    rgb = np.empty((40, 60, 3), np.uint8)
    rgb[:] = (200, 30, 90)
    rgb[alpha == 0] = (0, 255, 0)  # what lies outside the product must not bleed in
    across, down = axis(width, 0.0, width / 60, 60), axis(30, 0.0, 30 / 40, 40)
    for _, band in bands(rgb, alpha, across, down):
        colour, cover = straighten(band)
        assert band.min() >= 0
        assert band.max() <= 1
        assert (np.abs(colour[cover > 0].astype(int) - (200, 30, 90)) <= 1).all()


@pytest.mark.parametrize("size", [(17, 13), (160, 111), (399, 400)])
def test_edges_never_ring(size: tuple[int, int]) -> None:
    picture = np.full((120, 120, 3), 60, np.uint8)
    picture[30:90, 40:80] = 220
    out = scale_to(picture, *size)
    assert (out.min(), out.max()) == (60, 220)
    # Across an edge the values rise once and fall once: no halo, no dark line beside it.
    steps = np.diff(out[size[1] // 2, :, 0].astype(int))
    signs = np.sign(steps[steps != 0])
    assert (np.diff(signs) != 0).sum() == 1


def test_halving_a_checkerboard_gives_the_mean_light() -> None:
    board = np.zeros((64, 64, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 255
    middle = scale_to(board, 32, 32)[8:-8, 8:-8]
    assert np.abs(middle.astype(int) - int(to_srgb8(np.array([0.5], np.float32))[0])).max() <= 1


def test_positions_are_right_to_a_fraction_of_a_pixel() -> None:
    """The centre of mass of a soft dot moves by scale and offset alone."""
    y, x = np.mgrid[:80, :100]
    dot = np.exp(-((x - 40.25) ** 2 + (y - 30.5) ** 2) / 18).astype(np.float32)
    rgb = np.full((80, 100, 3), 255, np.uint8)
    across, down = axis(64, 3.3, 0.6, 100), axis(51, 1.7, 0.6, 80)
    out = np.concatenate([band[..., 3] for _, band in bands(rgb, dot, across, down)])
    rows, columns = np.mgrid[: out.shape[0], : out.shape[1]] + 0.5
    assert (columns * out).sum() / out.sum() == pytest.approx(3.3 + 0.6 * (40.25 + 0.5), abs=0.02)
    assert (rows * out).sum() / out.sum() == pytest.approx(1.7 + 0.6 * (30.5 + 0.5), abs=0.02)


def test_it_resamples_linear_light_like_a_plain_sum_of_weights() -> None:
    """Against the definition, written out for one row, where no clamp is active (a ramp has no edges)."""
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = scale_to(np.repeat(ramp, 9, axis=0), 25, 9)[4, :, 0]
    light = to_linear(ramp[0, :, 0])
    want = []
    for i in range(25):
        centre = (i + 0.5) * 4 - 0.5
        taps = np.arange(int(np.ceil(centre - 12)), int(centre + 12) + 1)
        t = (taps - centre) / 4
        weights = np.where(np.abs(t) < 3, np.sinc(t) * np.sinc(t / 3), 0)
        want.append((weights / weights.sum() * light[taps.clip(0, 99)]).sum())
    assert np.abs(out[3:-3].astype(int) - to_srgb8(np.array(want[3:-3], np.float32))).max() <= 1


def test_transparency_is_resampled_with_its_colour() -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[10:30, 10:30] = (250, 240, 230, 255)
    out = scale_to(picture, 20, 20)
    assert (np.abs(out[out[..., 3] > 0][:, :3].astype(int) - (250, 240, 230)) <= 1).all()
    assert out[10, 10, 3] == 255
    assert out[0, 0, 3] == 0
