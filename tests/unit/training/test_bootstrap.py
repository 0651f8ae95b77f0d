"""Intervals by product."""

from __future__ import annotations

import numpy as np
import pytest

from training.bootstrap import interval, interval_of_mean


def test_products_are_drawn_and_not_pictures() -> None:
    """Ninety-nine pictures of one product and one of another: half of the draws hold both, a quarter each of one."""
    values = np.array([1.0] * 99 + [0.0])
    assert interval_of_mean(values, ["a"] * 99 + ["b"]) == [0.0, 1.0]
    assert interval_of_mean(values, [str(k) for k in range(100)])[0] > 0.9


def test_of_the_mean_both_ways_agree() -> None:
    rng = np.random.default_rng(1)
    values, products = rng.uniform(size=60), [str(k % 12) for k in range(60)]
    by_sums = interval_of_mean(values, products)
    by_places = interval(lambda places: float(values[places].mean()), products)
    assert by_sums == pytest.approx(by_places)


def test_what_is_no_number_is_left_out() -> None:
    values = np.array([0.25, np.nan, 0.25])
    assert interval_of_mean(values, ["a", "a", "b"]) == [0.25, 0.25]
    assert interval(lambda places: float("nan") if 0 in places else 2.0, ["a", "b"]) == [2.0, 2.0]
    assert np.isnan(interval(lambda _: float("nan"), ["a", "b"])).all()
