"""Where the product stands on the canvas. Pure geometry: boxes in, boxes out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.compose.template import Place
from services.kit.boxes import Box

CUT = 0.5  # alpha from which a border pixel says the product goes on beyond the frame
CUT_SHARE = 0.02  # share of a frame side that must be cut before the side counts


@dataclass(frozen=True)
class Sides:
    """Which sides of the photo's frame cut the product."""

    left: bool = False
    top: bool = False
    right: bool = False
    bottom: bool = False


@dataclass(frozen=True)
class Placement:
    """`source` (pixels of the photo) is drawn onto exactly `target` (pixels of the canvas, may reach beyond it)."""

    source: Box
    target: Box

    @property
    def scale_x(self) -> float:
        return self.target.width / self.source.width

    @property
    def scale_y(self) -> float:
        return self.target.height / self.source.height

    @property
    def scale(self) -> float:
        """Canvas pixels per photo pixel; x and y differ by rounding only."""
        return math.sqrt(self.scale_x * self.scale_y)

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """A point of the photo on the canvas; (0, 0) is the outer corner of the first pixel in both."""
        return (
            self.target.left + (x - self.source.left) * self.scale_x,
            self.target.top + (y - self.source.top) * self.scale_y,
        )


def subject_box(alpha: np.ndarray, threshold: float) -> Box | None:
    """The box of all pixels with alpha >= threshold (float32 (H, W)); None when there is none."""
    rows = np.flatnonzero(alpha.max(axis=1) >= threshold)
    columns = np.flatnonzero(alpha.max(axis=0) >= threshold)
    if not rows.size:
        return None
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def cut_sides(alpha: np.ndarray) -> Sides:
    """Sides of the frame that cut the product: its border row or column is product over CUT_SHARE of its length."""

    def cut(line: np.ndarray) -> bool:
        return bool((line >= CUT).mean() >= CUT_SHARE)

    return Sides(cut(alpha[:, 0]), cut(alpha[0]), cut(alpha[:, -1]), cut(alpha[-1]))


def place(source: Box, cut: Sides, width: int, height: int, rules: Place) -> Placement:
    """Puts the product's box `source` on a canvas of width x height.

    Its size is `rules.fill` of the limiting canvas side, less where the margins (hard) or `max_upscale` ask for it.
    A side cut by the photo's frame has no margin and lies on the canvas edge; when two opposite sides are cut the
    product spans the canvas, unless margins or `max_upscale` on the other axis forbid it: then it stands free.
    """
    cut = cut if rules.snap else Sides()
    foot = rules.baseline if rules.y == "baseline" else 1.0
    across = _Axis(source.width, width, rules.margin.left, rules.margin.right, cut.left, cut.right, rules.x)
    down = _Axis(
        source.height, height, rules.margin.top, max(rules.margin.bottom, 1.0 - foot), cut.top, cut.bottom, rules.y
    )
    scale = min(across.room, down.room, across.fill(rules.fill), down.fill(rules.fill), rules.max_upscale)
    spans = [axis for axis in (across, down) if axis.spans]
    if spans:
        wanted = max(axis.side / axis.length for axis in spans)
        others = min((axis.room for axis in (across, down) if not axis.spans), default=wanted)
        if wanted <= min(others, rules.max_upscale):
            scale = wanted
    left, wide = across.put(scale)
    top, high = down.put(scale)
    return Placement(source, Box(left, top, wide, high))


@dataclass(frozen=True)
class _Axis:
    length: int  # of the product in the photo
    side: int  # of the canvas
    before: float  # margins, shares of the side
    after: float
    cut_before: bool
    cut_after: bool
    anchor: str

    @property
    def spans(self) -> bool:
        return self.cut_before and self.cut_after

    @property
    def low(self) -> int:
        """First canvas pixel the product may take."""
        return 0 if self.cut_before else int(np.ceil(self.before * self.side - 1e-6))

    @property
    def high(self) -> int:
        """One past the last canvas pixel the product may take."""
        return self.side if self.cut_after else int(np.floor((1.0 - self.after) * self.side + 1e-6))

    @property
    def room(self) -> float:
        return max(self.high - self.low, 1) / self.length

    def fill(self, share: float) -> float:
        return share * self.side / self.length

    def put(self, scale: float) -> tuple[int, int]:
        """(first pixel, pixels) of the product at this scale."""
        size = max(round(self.length * scale), 1)
        if self.spans or (size > self.high - self.low):
            return (self.side - size) // 2, size
        if self.cut_before or (not self.cut_after and self.anchor in ("left", "top")):
            return self.low, size
        if self.cut_after or self.anchor in ("right", "bottom", "baseline"):
            return self.high - size, size
        return min(max((self.side - size) // 2, self.low), self.high - size), size
