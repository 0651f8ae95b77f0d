"""95 % intervals of figures over pictures, when whole products are drawn anew.

Pictures of one product err together, so that drawing single pictures would promise too much (Efron and Tibshirani,
An Introduction to the Bootstrap, 1993, 8.6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 400


def interval_of_mean(values: NDArray[np.floating], products: Sequence[str], seed: int = 0) -> list[float]:
    """Of the mean of `values`, one a picture; those that are no numbers are left out."""
    names, places = _by_product(products)
    sums = np.array([np.nansum(values[place]) for place in places])
    counts = np.array([np.isfinite(values[place]).sum() for place in places])
    picks = np.random.default_rng(seed).integers(len(names), size=(DRAWS, len(names)))
    return _bounds(sums[picks].sum(1) / np.maximum(counts[picks].sum(1), 1))


def interval(
    figure: Callable[[NDArray[np.intp]], float], products: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> list[float]:
    """Of any figure: `figure` takes the places of the pictures drawn, with repetitions. Draws for which it is no number
    (a ranking of good pictures only) are left out; two nan when all are."""
    names, places = _by_product(products)
    picks = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    found = np.array([figure(np.concatenate([places[k] for k in row])) for row in picks])
    found = found[np.isfinite(found)]
    return _bounds(found) if len(found) else [float("nan")] * 2


def _by_product(products: Sequence[str]) -> tuple[list[str], list[NDArray[np.intp]]]:
    names = sorted(set(products))
    return names, [np.flatnonzero([product == name for product in products]) for name in names]


def _bounds(found: NDArray[np.floating]) -> list[float]:
    return [float(bound) for bound in np.percentile(found, (2.5, 97.5))]
