"""The plate of a shoot at the exposure of one photo, and the plate of an empty set; truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.kit.paper import Plate, at_exposure, estimate, estimate_empty, estimate_shoot
from services.kit.pictures.colour import to_linear, to_srgb8
from services.segment.paper import PaperSegmenter

SIZE = (240, 320)
BOX = (slice(60, 180), slice(110, 220))
JUMP = 2 ** (1 / 3)

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


def sweep(bright: float = 0.7) -> F32:
    """Wall and floor with a soft horizon between them: no polynomial follows it. Linear light."""
    y, x = np.mgrid[0 : 1 : SIZE[0] * 1j, 0 : 1 : SIZE[1] * 1j]
    light = bright * (1 - 0.15 * x) * (1 - 0.25 / (1 + np.exp(-(y - 0.6) / 0.01)))
    return np.asarray(light[..., None] * np.array([1, 0.98, 0.95]), np.float32)


def photo(
    truth: F32,
    gain: tuple[float, float, float] = (1, 1, 1),
    seed: int = 0,
    box: tuple[slice, slice] | None = BOX,
    product: tuple[float, float, float] = (0.3, 0.08, 0.08),
) -> U8:
    rng = np.random.default_rng(seed)
    scene = truth.copy()
    if box is not None:
        scene[box] = product
    grain = rng.normal(0, 0.003, scene.shape).astype(np.float32)
    return to_srgb8(np.clip(scene * np.asarray(gain, np.float32) + grain, 0, 1))


def shoot(truth: F32, jump: float = 1.0) -> list[U8]:
    """Nine photos, products in different places; the last four after the exposure jumped."""
    rng = np.random.default_rng(4)
    made = []
    for number in range(9):
        y, x = int(rng.integers(10, 120)), int(rng.integers(10, 200))
        gain = jump if number >= 5 else 1.0
        made.append(photo(truth, (gain, gain, gain), number, (slice(y, y + 100), slice(x, x + 90))))
    return made


@given(
    st.floats(-0.5, 0.25),
    st.tuples(st.floats(-0.06, 0.06), st.floats(-0.06, 0.06)),
    st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_the_gain_is_found_whatever_the_exposure_and_white_balance(
    stops: float, balance: tuple[float, float], seed: int
) -> None:
    truth = sweep()
    plate = estimate_empty(photo(truth, box=None))
    gain = (2.0**stops * np.exp(balance[0]), 2.0**stops, 2.0**stops * np.exp(balance[1]))
    fitted, found = at_exposure(photo(truth, gain, seed), plate)
    assert fitted.usable, fitted.detail
    np.testing.assert_allclose(found, gain, rtol=0.01)
    linear, _ = fitted.rows(0, SIZE[0], *SIZE)
    assert np.abs(np.log(linear / np.clip(truth * np.asarray(gain, np.float32), 0, 1))).mean() < 0.01


def test_a_large_plain_product_does_not_pass_for_paper() -> None:
    truth = sweep()
    plate = estimate_empty(photo(truth, box=None))
    # Half of the picture, darker than the paper by a constant factor.
    grey = truth.copy()
    inside = (slice(35, 205), slice(45, 275))
    grey[inside] *= 0.7
    fitted, found = at_exposure(photo(grey, (1.1, 1.1, 1.1), box=None), plate)
    assert fitted.usable, fitted.detail
    np.testing.assert_allclose(found, (1.1, 1.1, 1.1), rtol=0.01)


def test_clipped_paper_keeps_the_plate() -> None:
    white = np.full((*SIZE, 3), 1.0, np.float32)
    fitted, found = at_exposure(photo(white), estimate_empty(photo(white, box=None)))
    assert fitted.usable, fitted.detail
    assert found == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("rgb", "why"),
    [
        (photo(sweep())[:, :200], "another shape"),
        (photo(sweep(), (0.4, 0.4, 0.4)), "stops off"),
        (np.kron(np.random.default_rng(1).integers(60, 220, (12, 16, 3)), np.ones((20, 20, 1))).astype(np.uint8), ""),
    ],
)
def test_a_photo_of_another_set_is_refused_in_words(rgb: U8, why: str) -> None:
    fitted, _ = at_exposure(rgb, estimate_empty(photo(sweep(), box=None)))
    assert not fitted.usable
    assert fitted.detail and why in fitted.detail


def test_an_empty_frame_keeps_the_horizon_and_loses_dust() -> None:
    truth = sweep()
    dusty = photo(truth, box=None)
    dusty[100:103, 50:53] = 30
    plate = estimate_empty(dusty)
    assert plate.usable, plate.detail
    linear, _ = plate.rows(0, SIZE[0], *SIZE)
    assert np.abs(np.log(linear / truth)).mean() < 0.01
    assert np.abs(np.log(linear / truth))[98:105, 48:55].max() < 0.05


def test_a_frame_with_more_than_paper_in_it_is_no_empty_frame() -> None:
    rng = np.random.default_rng(3)
    clutter = np.kron(rng.integers(0, 255, (60, 80, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    plate = estimate_empty(clutter)
    assert not plate.usable and "plain paper" in plate.detail


@pytest.mark.parametrize("gain", [1.0, JUMP])
@pytest.mark.parametrize(
    "box", [(slice(0, 225), slice(30, 290)), (slice(0, 240), slice(40, 280)), BOX], ids=["large", "across", "small"]
)
@pytest.mark.parametrize("product", [(0.3, 0.08, 0.08), (0.35, 0.34, 0.33)], ids=["red", "grey"])
def test_the_shared_plate_is_nearer_to_the_truth_than_each_photos_own(
    shared: Plate, gain: float, box: tuple[slice, slice], product: tuple[float, float, float]
) -> None:
    """A shoot with a horizon and an exposure jump of a third of a stop: plate and alpha against truth."""
    rgb = photo(sweep(), (gain, gain, gain), 77, box, product)
    own, (fitted, found) = estimate(rgb), at_exposure(rgb, shared)
    clean = np.clip(sweep() * np.asarray(gain, np.float32), 0, 1)
    assert fitted.usable, fitted.detail
    assert not own.usable  # the horizon is no single surface
    assert _off(fitted, clean) < 0.004
    assert _off(own, clean) > 0.1
    assert _alpha_off(rgb, fitted, box) < 0.0005
    if box != BOX:  # where the product takes most of the picture, a photo alone takes it for the background
        assert _alpha_off(rgb, own, box) > 0.15
    if gain != 1.0:  # without the gain the jump itself is a difference from the paper
        np.testing.assert_allclose(np.divide(found, found[1]), 1, atol=0.005)
        assert _alpha_off(rgb, shared, box) > 0.15


@pytest.fixture(scope="module")
def shared() -> Plate:
    plate = estimate_shoot(shoot(sweep(), JUMP))
    assert plate.usable, plate.detail
    return plate


def _off(plate: Plate, clean: F32) -> float:
    """Mean distance of the plate from the clean paper, natural logarithm."""
    linear, _ = plate.rows(0, SIZE[0], *SIZE)
    return float(np.abs(np.log((linear + 0.004) / (clean + 0.004))).mean())


def _alpha_off(rgb: U8, plate: Plate, box: tuple[slice, slice]) -> float:
    alpha = PaperSegmenter().segment(rgb, plate).alpha
    truth = np.zeros(SIZE, np.float32)
    truth[box] = 1
    return float(np.abs(alpha - truth).mean())


def test_linear_light_of_the_scenes_is_what_the_tests_say() -> None:
    rgb = photo(sweep(), box=None)
    assert abs(float(np.log(to_linear(rgb) / sweep()).mean())) < 0.005
