"""The tables agree with the formulas of the standard."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.kit.pictures import to_linear, to_srgb8


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
