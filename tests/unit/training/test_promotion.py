"""A challenger goes on only when it is better on the user's photos and forgets nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.rows import row
from training.promotion import EDGE_TOLERANCE, ERROR_TOLERANCE, OWN, decide, next_version


def rows(own: tuple[float, float], shipped: tuple[float, float]) -> list:  # type: ignore[type-arg]
    return [row(OWN, *own), row("white", *shipped), row("empty", float("nan"), shipped[1])]


BEFORE = rows((0.5, 0.02), (0.9, 0.004))


@pytest.mark.parametrize(
    ("own", "shipped", "said"),
    [
        ((0.7, 0.01), (0.9, 0.004), ""),
        ((0.5, 0.019), (0.9, 0.004), ""),
        ((0.7, 0.03), (0.9 - EDGE_TOLERANCE * 0.9, 0.004 + ERROR_TOLERANCE * 0.9), ""),
        ((0.5, 0.02), (0.95, 0.001), "hold-out"),
        ((0.4, 0.01), (0.95, 0.001), "hold-out"),
        ((0.9, 0.01), (0.87, 0.004), "edge accuracy fell by 0.030"),
        ((0.9, 0.01), (0.9, 0.01), "mean error grew by 0.0060"),
    ],
)
def test_the_verdict(own: tuple[float, float], shipped: tuple[float, float], said: str) -> None:
    verdict = decide(BEFORE, rows(own, shipped))
    assert verdict.promoted is (said == "")
    assert said in "; ".join(verdict.against)
    assert verdict.own[0].edge_accuracy == pytest.approx(0.5)
    assert verdict.shipped[0].edge_accuracy == pytest.approx(0.9)


def test_versions_count_up(tmp_path: Path) -> None:
    assert next_version(tmp_path, "boots") == 1
    for name in ("boots-v1", "boots-v9", "boots-vx", "hats-v12"):
        (tmp_path / name).mkdir()
    assert next_version(tmp_path, "boots") == 10


def test_without_a_shipped_set_only_the_hold_out_counts() -> None:
    assert decide([row(OWN, 0.5, 0.1)], [row(OWN, 0.6, 0.1)]).promoted
    assert np.isnan(row("empty", float("nan"), 0.0).figures["edge_accuracy"])
