"""Confidence as a probability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.segment.calibrate import IDENTITY, Calibration, calibration_error, edge_band, fit


@given(seed=st.integers(0, 50))
def test_fitted_knots_rise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score = rng.uniform(0, 1, 300)
    knots = fit(score, rng.uniform(0, 1, 300) < score)
    Calibration.from_json({"edge": knots, "inside": knots})  # refuses knots that do not rise
    assert knots[0][0] == 0 and knots[-1][0] == 1


def test_a_fit_takes_the_error_of_an_overconfident_score_away() -> None:
    rng = np.random.default_rng(3)
    score = rng.uniform(0, 1, 40_000)
    right = rng.uniform(0, 1, 40_000) < score**3
    knots = fit(score[::2], right[::2])
    table = Calibration(knots, knots)
    mapped = table.apply(score[1::2][None].astype(np.float32), np.zeros((1, 20_000), np.float32))[0]
    assert calibration_error(score[1::2], right[1::2]) > 0.2
    assert calibration_error(mapped, right[1::2]) < 0.02


def test_edge_and_inside_are_mapped_apart() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, 32:] = 1
    table = Calibration(((0.0, 0.1), (1.0, 0.1)), ((0.0, 0.9), (1.0, 0.9)))
    mapped = table.apply(np.ones_like(alpha), alpha)
    band = edge_band(alpha)
    assert band[:, 31:33].all() and not band[:, :20].any()
    assert set(np.unique(mapped[band])) == {np.float32(0.1)}
    assert set(np.unique(mapped[~band])) == {np.float32(0.9)}


@pytest.mark.parametrize("knots", [[[0, 0], [0, 1]], [[0, 0.5], [1, 0.4]], [[0, 0], [1, 1.2]]])
def test_knots_that_do_not_rise_are_refused(knots: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="rise"):
        Calibration.from_json({"edge": knots, "inside": knots})


def test_identity_changes_nothing() -> None:
    score = np.linspace(0, 1, 50, dtype=np.float32)[None]
    np.testing.assert_allclose(IDENTITY.apply(score, np.zeros_like(score)), score)
