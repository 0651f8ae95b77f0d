"""Backgrounds: exact colours, repeatable paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.compose.background import make
from services.compose.template import Background

PAPER = Background("paper", (243, 240, 233), (243, 240, 233), "vertical", 0.35, 1.0, True, 0.25)


def filled(kind: str, **changes: object) -> Background:
    return replace(PAPER, kind=kind, **changes)  # type: ignore[arg-type]


def test_a_solid_background_is_that_colour_everywhere() -> None:
    out = make(filled("solid", colour=(255, 254, 3)), 30, 20, "A")
    assert out is not None
    assert out.shape == (20, 30, 3)
    assert (out == (255, 254, 3)).all()


def test_a_transparent_background_is_none() -> None:
    assert make(filled("transparent"), 30, 20, "A") is None


@pytest.mark.parametrize("direction", ["vertical", "horizontal", "radial"])
def test_a_gradient_runs_from_one_colour_to_the_other(direction: str) -> None:
    out = make(filled("gradient", colour=(250, 250, 250), to=(200, 210, 220), direction=direction), 201, 101, "A")
    assert out is not None
    start = {"vertical": out[0, 100], "horizontal": out[50, 0], "radial": out[50, 100]}[direction]
    end = {"vertical": out[-1, 100], "horizontal": out[50, -1], "radial": out[-1, -1]}[direction]
    assert np.abs(start.astype(int) - 250).max() <= 2
    assert np.abs(end.astype(int) - (200, 210, 220)).max() <= 2
    line = {"vertical": out[:, 100], "horizontal": out[50], "radial": out[50, 100:]}[direction][:, 0].astype(int)
    assert np.diff(line).max() <= 1  # falls all the way, but for the grain


def test_paper_depends_on_the_sku_and_on_nothing_else() -> None:
    first, again, other = (make(PAPER, 300, 200, sku) for sku in ("A", "A", "B"))
    assert first is not None
    assert other is not None
    assert np.array_equal(first, again)  # type: ignore[arg-type]
    assert (first != other).any(axis=2).mean() > 0.3
    fixed = replace(PAPER, seed_by_sku=False)
    assert np.array_equal(make(fixed, 300, 200, "A"), make(fixed, 300, 200, "B"))  # type: ignore[arg-type]


def test_paper_keeps_its_colour_and_stays_subtle() -> None:
    out = make(replace(PAPER, falloff=0.0), 600, 500, "A")
    assert out is not None
    assert np.abs(out.reshape(-1, 3).mean(axis=0) - PAPER.colour).max() < 0.5
    assert 1.0 < out[..., 0].std() < 4.0


def test_paper_is_darker_in_the_corners_by_the_falloff() -> None:
    out = make(replace(PAPER, texture=0.0, falloff=0.5), 400, 400, "A")
    assert out is not None
    assert out[200, 200].tolist() == list(PAPER.colour)
    assert out[0, 0].astype(int).tolist() == [value - 20 for value in PAPER.colour]


def test_paper_beyond_one_tile_has_no_seam() -> None:
    out = make(replace(PAPER, falloff=0.0, texture=1.0), 2300, 40, "A")
    assert out is not None
    jumps = np.abs(np.diff(out[..., 0].astype(int), axis=1)).mean(axis=0)
    assert jumps[2047] < jumps.mean() + 5 * jumps.std()
