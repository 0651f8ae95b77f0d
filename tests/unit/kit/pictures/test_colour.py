"""The tables agree with the formulas of the standard."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.kit.pictures import decode, display_p3_profile, srgb_profile, srgb_to_display_p3, to_linear, to_srgb8
from services.kit.pictures.encode import export
from services.kit.pictures.vips import Image, with_profile


def decoded(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encoded(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def test_every_level_to_linear_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    linear = to_linear(levels)
    assert linear.dtype == np.float32
    assert np.abs(linear - decoded(levels / 255)).max() < 1e-7
    assert (linear[0, 0], linear[15, 15]) == (0.0, 1.0)
    assert np.array_equal(to_srgb8(linear), levels)


def test_floats_and_deep_integers() -> None:
    values = np.linspace(0, 1, 65536)
    assert np.abs(to_linear(values.astype(np.float32)) - decoded(values)).max() < 2e-6
    assert np.abs(to_linear(np.arange(65536, dtype=np.uint16)) - decoded(values)).max() < 2e-6


def test_rounding_is_right_everywhere() -> None:
    linear = np.random.default_rng(1).random(400_000).astype(np.float32) ** 3  # many dark ones
    exact = encoded(linear.astype(np.float64)) * 255
    away = np.abs(to_srgb8(linear) - exact)
    assert away.max() <= 0.5 + 1e-4


def test_rounding_is_right_next_to_every_border_between_two_levels() -> None:
    borders = decoded((np.arange(255) + 0.5) / 255)
    assert np.array_equal(to_srgb8((borders * (1 - 1e-5)).astype(np.float32)), np.arange(255))
    assert np.array_equal(to_srgb8((borders * (1 + 1e-5)).astype(np.float32)), np.arange(1, 256))


def test_light_out_of_range_is_clipped() -> None:
    odd = np.array([-np.inf, -1.0, 0.0, 1.0, 7.0, np.inf, np.nan], np.float32)
    assert to_srgb8(odd).tolist() == [0, 0, 0, 255, 255, 255, 0]


@given(st.lists(st.integers(0, 5), min_size=0, max_size=4))
def test_shapes_are_kept_and_strides_do_not_matter(shape: list[int]) -> None:
    levels = np.full(shape, 77, np.uint8).T
    assert np.array_equal(to_srgb8(to_linear(levels)), levels)
    assert to_srgb8(to_linear(levels)).shape == levels.shape


def test_display_p3_holds_the_same_colours() -> None:
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    rgb = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 27, 3)
    moved = srgb_to_display_p3(rgb)
    assert np.array_equal(moved[(rgb[..., 0] == rgb[..., 1]) & (rgb[..., 1] == rgb[..., 2])].min(axis=1), steps)
    # LittleCMS agrees, into the profile (it has 8 bits of arithmetic) and, in linear light, back out of it.
    tagged = with_profile(Image.new_from_array(rgb, interpretation="srgb"), srgb_profile())
    reference = tagged.icc_transform("p3", embedded=True, intent="relative").numpy()
    assert np.abs(moved.astype(int) - reference).max() <= 2
    back = decode(export(moved, "png", quality=100, profile=display_p3_profile()))
    assert back.info.profile == "Display P3"
    assert np.abs(to_linear(back.rgb) - to_linear(rgb)).max() < 0.01
    # Known to every colour calculator: the red of sRGB in Display P3.
    assert srgb_to_display_p3(np.array([[[255, 0, 0]]], np.uint8)).tolist() == [[[234, 51, 35]]]


def test_display_p3_leaves_alpha_alone() -> None:
    rgba = np.random.default_rng(1).integers(0, 256, (600, 3, 4), dtype=np.uint8)
    moved = srgb_to_display_p3(rgba)
    assert np.array_equal(moved[..., 3], rgba[..., 3])
    assert np.array_equal(moved[..., :3], srgb_to_display_p3(rgba[..., :3]))
