"""The plate as a value: bands, bytes and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.paper import Plate, PlateInvalid, load, save


def plate(height: int = 12, width: int = 20) -> Plate:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    linear = np.stack([x, y, (x + y) / 2], -1)
    return Plate(linear, 0.01 + 0.01 * x, "photo", True, "", 0.004, 0.8)


@given(height=st.integers(1, 60), width=st.integers(1, 60), cut=st.integers(0, 60))
def test_bands_join_to_the_whole(height: int, width: int, cut: int) -> None:
    value = plate()
    cut = min(cut, height - 1)
    whole, sigma = value.rows(0, height, height, width)
    lower, lower_sigma = value.rows(cut, height, height, width)
    np.testing.assert_allclose(whole[cut:], lower, atol=1e-6)
    np.testing.assert_allclose(sigma[cut:], lower_sigma, atol=1e-6)


def test_rows_interpolate_between_pixel_centres() -> None:
    ramp = np.repeat(np.linspace(0, 1, 5, dtype=np.float32)[:, None], 3, 1)
    value = Plate(np.dstack([ramp] * 3), ramp, "photo", True, "", 0.0, 1.0)
    linear, sigma = value.rows(0, 10, 10, 3)
    centres = np.clip((np.arange(10) + 0.5) / 2 - 0.5, 0, 4) / 4
    np.testing.assert_allclose(linear[:, 1, 0], centres, atol=1e-6)
    np.testing.assert_allclose(sigma[:, 1], centres, atol=1e-6)


@given(top=st.integers(0, 90), left=st.integers(0, 140), tall=st.integers(8, 60), wide=st.integers(8, 60))
def test_a_part_is_what_the_whole_has_there(top: int, left: int, tall: int, wide: int) -> None:
    value, height, width = plate(), 150, 200
    part = value.part((slice(top, top + tall), slice(left, left + wide)), height, width)
    whole, sigma = value.rows(0, height, height, width)
    near, near_sigma = part.rows(0, tall, tall, wide)
    inner = np.s_[3:-3, 3:-3]
    there = np.s_[top + 3 : top + tall - 3, left + 3 : left + wide - 3]
    np.testing.assert_allclose(near[inner], whole[there], atol=2e-3)
    np.testing.assert_allclose(near_sigma[inner], sigma[there], atol=1e-4)
    assert (part.kind, part.usable) == (value.kind, value.usable)


def test_a_part_of_a_large_photo_stays_small() -> None:
    part = plate().part((slice(1000, 3000), slice(500, 4500)), 4000, 6000)
    assert part.linear.shape == (256, 512, 3)
    whole, _ = plate().rows(0, 400, 400, 600)
    np.testing.assert_allclose(part.linear[128, 256], whole[200, 250], atol=3e-3)


def test_bytes_come_back_as_they_were() -> None:
    value = plate()
    again = load(save(value))
    np.testing.assert_array_equal(again.linear, value.linear)
    np.testing.assert_array_equal(again.sigma, value.sigma)
    assert (again.kind, again.usable, again.detail) == ("photo", True, "")
    assert (again.residual, again.inlier_share) == (0.004, 0.8)


def archive(**changes: object) -> bytes:
    value = plate()
    fields: dict[str, object] = {
        "format": np.int64(1),
        "linear": value.linear,
        "sigma": value.sigma,
        "kind": np.str_("photo"),
        "usable": np.bool_(True),
        "detail": np.str_(""),
        "numbers": np.zeros(2),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **(fields | changes))  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        save(plate())[:-40],
        archive(format=np.int64(9)),
        archive(linear=np.zeros((12, 20, 3))),
        archive(linear=np.zeros((12, 21, 3), np.float32)),
        archive(linear=np.full((12, 20, 3), np.nan, np.float32)),
        archive(linear=np.full((12, 20, 3), 2, np.float32)),
        archive(sigma=np.full((12, 20), -1, np.float32)),
        archive(kind=np.str_("guess")),
        archive(linear=np.zeros((0, 0, 3), np.float32), sigma=np.zeros((0, 0), np.float32)),
        archive(detail=np.array([{"pickled": 1}], object)),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(PlateInvalid):
        load(data)
