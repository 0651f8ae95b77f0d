"""Procedural product photos with exact true alpha, for the demo and for tests.

Families: garment, bag, mesh, fringe, shoe, ring. Each is drawn premultiplied in linear light at twice the size and
box-filtered, so that alpha is exact; paper, falloff, shadow and grain are added by the scene and are not in the truth.
"""

from __future__ import annotations

import numpy as np

from . import bag, fringe, garment, mesh, ring, shoe
from .canvas import Canvas
from .scene import photograph
from .types import Sample

_DRAWERS = {"garment": garment, "bag": bag, "mesh": mesh, "fringe": fringe, "shoe": shoe, "ring": ring}
FAMILIES = tuple(_DRAWERS)


def render(family: str, rng: np.random.Generator | int, size: int = 1600) -> Sample:
    """One photo of the family whose long side is `size` pixels (64 to 6000).

    rng: a generator or a seed; the same seed gives the same picture. Raises ValueError for an unknown family or size.
    """
    if family not in _DRAWERS:
        raise ValueError(f"unknown family {family!r}; there are {', '.join(FAMILIES)}")
    if not 64 <= size <= 6000:
        raise ValueError(f"size is {size}; it must be between 64 and 6000 pixels")
    generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)
    drawer = _DRAWERS[family]
    across, down = drawer.ASPECT
    canvas = Canvas(round(size * across / max(across, down)), round(size * down / max(across, down)))
    stage = drawer.draw(canvas, generator)
    return photograph(canvas, generator, stage)


__all__ = ["FAMILIES", "Sample", "render"]
