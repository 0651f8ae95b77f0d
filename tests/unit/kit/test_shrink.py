"""Photos on a smaller grid: averaged, quick, and nothing moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.shrink import shrunk


def ramp(height: int, width: int) -> np.ndarray:
    """Two smooth planes that tell where a pixel was, and noise."""
    y, x = (np.arange(length, dtype=np.float32) + 0.5 for length in (height, width))
    places = np.broadcast_to(y[:, None] / height, (height, width)), np.broadcast_to(x[None] / width, (height, width))
    noise = np.random.default_rng(1).uniform(0, 1, (height, width)).astype(np.float32)
    return np.dstack([*places, noise])


@given(height=st.integers(2, 90), width=st.integers(2, 90), smaller=st.floats(1, 9), squash=st.floats(0.9, 1.1))
def test_every_pixel_stays_where_it_was(height: int, width: int, smaller: float, squash: float) -> None:
    picture = ramp(height, width)
    size = max(1, round(height / smaller)), min(width, max(1, round(width / smaller * squash)))
    small = shrunk(picture, *size)
    assert small.shape == (*size, 3) and small.dtype == np.float32
    inner = np.s_[1:-1, 1:-1]
    truth = ramp(*size)
    assert np.abs(small - truth)[inner][..., :2].max(initial=0) < 0.02


@pytest.mark.parametrize("factor", [1, 2, 3, 8])
def test_whole_factors_are_means_of_blocks(factor: int) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (24 * factor, 16 * factor), np.uint8)
    blocks = picture.reshape(24, factor, 16, factor).mean((1, 3))
    assert np.abs(shrunk(picture, 24, 16) - blocks).max() <= 0.5


@pytest.mark.parametrize("size", [(400, 600), (333, 500), (271, 409), (100, 150)])
def test_it_is_near_the_area_average_and_as_quiet(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    picture = cv2.GaussianBlur(rng.uniform(0, 255, (1200, 1800, 3)).astype(np.float32), (0, 0), 12)
    picture = (picture - picture.min()) * (200 / np.ptp(picture)) + rng.normal(0, 4, picture.shape).astype(np.float32)
    exact = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
    found = shrunk(picture, *size)
    assert np.sqrt(((found - exact) ** 2).mean()) < 1.5
    assert abs(float(found.mean() - exact.mean())) < 0.05
