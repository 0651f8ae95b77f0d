from __future__ import annotations

import numpy as np
import pytest

from services.matting import plausible
from services.matting.field.cells import from_mask


def test_mean_and_inverse_covariance_are_those_of_the_product_s_pixels() -> None:
    rng = np.random.default_rng(3)
    rgb = rng.integers(40, 200, (16, 16, 3), np.uint8)
    rgb[:, :8] = 255
    alpha = np.zeros((16, 16), np.float32)
    alpha[:, 8:], alpha[:, :8] = 1, 0.5
    found = plausible.survey(rgb, alpha, from_mask(np.ones((1, 1), np.uint8), 16))
    codes = rgb[:, 8:].reshape(-1, 3) / 255
    inverse = np.linalg.inv(np.cov(codes.T, bias=True) + np.eye(3) * (4 / 255) ** 2)
    assert found[0, :3] == pytest.approx(codes.mean(0), abs=1e-4)
    assert found[0, 3:] == pytest.approx(inverse[np.triu_indices(3)], rel=1e-3, abs=1e-3)


def test_far_product_speaks_where_there_is_none_near_and_none_allows_everything() -> None:
    rgb = np.full((64, 64, 3), 51, np.uint8)
    alpha = np.zeros((64, 64), np.float32)
    cells = from_mask(np.ones((16, 16), np.uint8), 4)
    assert (plausible.survey(rgb, alpha, cells)[:, 3:] == 0).all()
    alpha[60:, 60:] = 1
    found = plausible.survey(rgb, alpha, cells)
    assert found[:, :3] == pytest.approx(0.2, abs=1e-4)
    assert (found[:, 3] > 0).all()
