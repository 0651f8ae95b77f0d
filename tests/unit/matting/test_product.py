from __future__ import annotations

import numpy as np
import pytest

from services.matting.arrays import LINEAR
from services.matting.field import cells, product


def survey(rgb: np.ndarray, trimap: np.ndarray, alpha: np.ndarray, size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    every = cells.from_mask(np.ones((-(-trimap.shape[0] // size), -(-trimap.shape[1] // size)), np.uint8), size)
    return product.survey(rgb, LINEAR, trimap, alpha, every, every)


def test_mean_and_covariance_are_those_of_the_known_product() -> None:
    rgb = np.random.default_rng(3).integers(40, 200, (32, 32, 3), np.uint8)
    trimap = np.full((32, 32), 255, np.uint8)
    trimap[:, :8] = 128
    alpha = np.where(trimap == 255, 1, 0.5).astype(np.float32)
    found, known = survey(rgb, trimap, alpha, 32)
    light = LINEAR[rgb[::2, 8::2]].reshape(-1, 3)
    floor = (product.TEXTURE * light.mean()) ** 2 + product.NOISE[1] ** 2
    assert known.all()
    assert found[0, :3] == pytest.approx(light.mean(0), abs=1e-4)
    wanted = np.cov(light.T, bias=True) + floor * np.eye(3)
    assert found[0, 3:] == pytest.approx(wanted[np.triu_indices(3)], rel=1e-3, abs=1e-5)


def test_clear_product_within_the_band_counts_and_none_is_unknown() -> None:
    rgb = np.full((32, 32, 3), 90, np.uint8)
    trimap, alpha = np.full((32, 32), 128, np.uint8), np.full((32, 32), 0.6, np.float32)
    assert not survey(rgb, trimap, alpha)[1].any()
    alpha[8:24, 8:24] = 1
    found, known = survey(rgb, trimap, alpha)
    assert known.all()
    assert found[:, :3] == pytest.approx(float(LINEAR[90]), abs=1e-4)


def test_the_reading_is_one_for_product_none_for_background_and_blind_to_the_product_s_own_scatter() -> None:
    colours = np.array([[0.4, 0.1, 0.1, 0.02, 0, 0, 1e-4, 0, 1e-4], [0.4, 0.4, 0.4, 1e-4, 0, 0, 1e-4, 0, 1e-4]])
    grounds = np.array([[0.6, 0.6, 0.6], [0.45, 0.45, 0.45]])
    slopes, unsure = product.reading(
        colours.astype(np.float32), grounds.astype(np.float32), np.full(2, 0.005, np.float32)
    )
    assert (slopes * (colours[:, :3] - grounds)).sum(1) == pytest.approx(1, abs=1e-5)
    assert abs(slopes[0, 0]) < 0.1 * abs(slopes[0, 1])
    assert unsure[0] < 0.2 * unsure[1]
