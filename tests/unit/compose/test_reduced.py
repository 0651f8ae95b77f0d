"""What is kept of a cut-out is the cut-out, and the longest unused one goes first."""

from __future__ import annotations

import numpy as np

from services.compose.reduced import ReducedCutouts
from services.kit.pictures.encode import png_rgba


def file(level: int, width: int = 40) -> bytes:
    rgba = np.full((30, width, 4), level, np.uint8)
    rgba[..., 3] = 200
    return png_rgba(rgba)


def test_the_pixels_and_the_scale_are_those_of_the_file() -> None:
    small = ReducedCutouts().make("a", file(90))
    assert small.scale == 1.0
    assert (small.foreground == 90).all()
    assert (small.alpha == 200).all()
    large = ReducedCutouts().make("a", file(90, width=2560))
    assert (large.foreground.shape[1], large.scale) == (1280, 0.5)


def test_the_longest_unused_one_makes_room() -> None:
    cutouts = ReducedCutouts(kept=2)
    first = cutouts.make("first", file(1))
    cutouts.make("second", file(2))
    assert cutouts.find("first") is first
    cutouts.make("third", file(3))
    assert cutouts.find("second") is None
    assert cutouts.find("first") is first
