"""The plate of a shoot: products in different places, exposures that wander, a horizon."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.paper import ShootMixed, ShootTooSmall, estimate, estimate_shoot
from services.kit.pictures.colour import to_srgb8

SIZE = (240, 320)


def sweep() -> NDArray[np.float32]:
    """Wall and floor with a horizon between them, linear light."""
    y, x = np.mgrid[0 : 1 : SIZE[0] * 1j, 0 : 1 : SIZE[1] * 1j]
    light = 0.7 - 0.1 * x - np.where(y > 0.6, 0.25, 0.0)
    return (light[..., None] * np.array([1, 0.98, 0.95])).astype(np.float32)


def photos(truth: NDArray[np.float32], count: int, wander: float = 0.0) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(4)
    made = []
    for _ in range(count):
        scene = truth.copy()
        y, x = int(rng.integers(10, 120)), int(rng.integers(10, 200))
        scene[y : y + 100, x : x + 90] = rng.uniform(0, 0.6, 3)
        gain = np.exp(rng.normal(0, wander))
        made.append(to_srgb8(scene * gain + rng.normal(0, 0.003, scene.shape).astype(np.float32)))
    return made


def off(linear: NDArray[np.float32], truth: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.abs(to_srgb8(linear).astype(float) - to_srgb8(truth).astype(float))


def test_a_horizon_is_followed_where_one_photo_alone_is_refused() -> None:
    truth = sweep()
    shot = photos(truth, 9)
    plate = estimate_shoot(shot)
    assert plate.usable, plate.detail
    assert plate.kind == "shoot"
    error = off(plate.rows(0, SIZE[0], *SIZE)[0], truth)
    seam = round(0.6 * SIZE[0])
    assert error[: seam - 4].mean() < 1.5 and error[seam + 4 :].mean() < 1.5
    assert not estimate(shot[0]).usable


def test_wandering_exposure_is_taken_off() -> None:
    truth = sweep()
    plate = estimate_shoot(photos(truth, 9, wander=0.08))
    linear, _ = plate.rows(0, SIZE[0], *SIZE)
    ratio = np.log(linear / truth)[20:120]
    assert plate.usable, plate.detail
    assert ratio.std() < 0.01  # one common gain is left, no seams


def test_too_few_or_mixed_photos_are_named() -> None:
    shot = photos(sweep(), 3)
    with pytest.raises(ShootTooSmall):
        estimate_shoot(shot[:2])
    with pytest.raises(ShootMixed) as caught:
        estimate_shoot([*shot, np.zeros((300, 300, 3), np.uint8)])
    assert caught.value.details["number"] == "4"


def test_photos_that_share_nothing_are_refused() -> None:
    rng = np.random.default_rng(1)
    plate = estimate_shoot(
        [np.kron(rng.integers(0, 255, (12, 16, 3)), np.ones((20, 20, 1))).astype(np.uint8) for _ in range(4)]
    )
    assert not plate.usable
    assert plate.detail
