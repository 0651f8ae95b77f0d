"""The plate of one photo against papers whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.paper import estimate
from services.kit.pictures.colour import to_linear, to_srgb8

SIZE = (360, 480)


def paper(tone: tuple[float, float, float], slope: float = 0.12) -> NDArray[np.float32]:
    """Paper in linear light with a gradient and a vignette. tone: encoded, 0 to 1."""
    y, x = np.mgrid[-1 : 1 : SIZE[0] * 1j, -1 : 1 : SIZE[1] * 1j]
    light = 1 - slope * (x + 0.5 * y) / 2 - 0.05 * (x * x + y * y)
    return (to_linear(np.float32(tone)) * light[..., None]).astype(np.float32)


def shoot(linear: NDArray[np.float32], noise: float = 0.004, seed: int = 0) -> NDArray[np.uint8]:
    grain = np.random.default_rng(seed).normal(0, 1, linear.shape).astype(np.float32)
    return to_srgb8(linear + noise * np.sqrt(np.maximum(linear, 4e-4)) * grain)


def block(linear: NDArray[np.float32], top: int, left: int, bottom: int, right: int, tone: float) -> None:
    linear[top:bottom, left:right] = tone


def codes_off(plate_linear: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    return float(np.abs(to_srgb8(plate_linear).astype(float) - to_srgb8(truth).astype(float)).mean())


TONES = {
    "white": (0.95, 0.95, 0.94),
    "grey": (0.6, 0.6, 0.62),
    "blue": (0.35, 0.5, 0.8),
    "yellow": (0.9, 0.8, 0.3),
    "black": (0.1, 0.1, 0.1),
}


@pytest.mark.parametrize("tone", TONES.values(), ids=TONES)
def test_paper_under_a_large_product_is_found_within_a_code(tone: tuple[float, float, float]) -> None:
    truth = paper(tone)
    scene = truth.copy()
    block(scene, 30, 40, 330, 430, 0.1 if tone[0] > 0.2 else 0.5)  # 68 % of the frame
    plate = estimate(shoot(scene))
    linear, _ = plate.rows(0, SIZE[0], *SIZE)
    assert plate.usable, plate.detail
    assert codes_off(linear, truth) < 1.5


def test_a_product_that_touches_one_side_does_not_drag_the_paper() -> None:
    truth = paper(TONES["white"])
    scene = truth.copy()
    block(scene, 120, 100, 360, 380, 0.05)
    plate = estimate(shoot(scene))
    assert plate.usable, plate.detail
    assert codes_off(plate.rows(0, SIZE[0], *SIZE)[0], truth) < 1.5


def test_shadow_is_not_taken_for_paper() -> None:
    truth = paper(TONES["grey"])
    scene = truth.copy()
    block(scene, 100, 150, 300, 330, 0.02)
    mask = cv2.GaussianBlur(np.roll(scene[..., 0] < 0.03, (20, 60), (0, 1)).astype(np.float32), (0, 0), 12)
    scene = np.where((scene[..., :1] < 0.03), scene, scene * (1 - 0.5 * mask[..., None]))
    plate = estimate(shoot(scene.astype(np.float32)))
    assert plate.usable, plate.detail
    assert codes_off(plate.rows(0, SIZE[0], *SIZE)[0], truth) < 1.5


def test_exactly_white_paper_gives_finite_numbers_and_is_usable() -> None:
    rgb = np.full((*SIZE, 3), 255, np.uint8)
    rgb[100:260, 150:330] = 40
    plate = estimate(rgb)
    linear, sigma = plate.rows(0, SIZE[0], *SIZE)
    assert plate.usable, plate.detail
    assert np.isfinite(linear).all() and np.isfinite(sigma).all()
    assert linear.min() > 0.99
    assert sigma.min() > 0


def test_sigma_is_the_scatter_of_the_paper() -> None:
    truth = paper(TONES["grey"])
    rgb = shoot(truth, noise=0.02)
    plate = estimate(rgb)
    linear, sigma = plate.rows(0, SIZE[0], *SIZE)
    scatter = (to_linear(rgb)[..., 1] - linear[..., 1]) / sigma
    assert 0.8 < scatter.std() < 1.2


@pytest.mark.parametrize("kind", ["two surfaces", "stripes", "texture"])
def test_what_is_no_single_surface_is_refused_in_words(kind: str) -> None:
    if kind == "two surfaces":
        scene = paper(TONES["white"])
        scene[210:] *= 0.55
    elif kind == "stripes":
        scene = paper(TONES["white"])
        scene[:, ::24][:, :12] *= 0.3
        scene = np.where((np.arange(SIZE[1]) // 24 % 2)[None, :, None] == 1, scene * 0.3, scene).astype(np.float32)
    else:
        scene = np.random.default_rng(3).uniform(0.05, 0.9, (12, 16, 3)).astype(np.float32)
        scene = cv2.resize(scene, SIZE[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    plate = estimate(shoot(scene))
    assert not plate.usable
    assert plate.detail


@pytest.mark.parametrize("shape", [(16, 16), (17, 400), (400, 19)])
def test_small_and_narrow_photos_do_not_crash(shape: tuple[int, int]) -> None:
    plate = estimate(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8))
    linear, sigma = plate.rows(0, shape[0], *shape)
    assert linear.shape == (*shape, 3) and sigma.shape == shape
    assert np.isfinite(linear).all() and np.isfinite(sigma).all()
