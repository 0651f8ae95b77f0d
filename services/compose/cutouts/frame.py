"""Where the product lies on the canvas of its cut-out. Pure geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass

from services.compose.cutouts.style import Position, Style
from services.compose.place import Placement
from services.kit.boxes import Box


@dataclass(frozen=True)
class Frame:
    """`placement` puts the product's box of the photo onto the canvas of width x height."""

    width: int
    height: int
    full_width: int  # without the limit of pixels
    full_height: int
    left: float  # canvas position of the photo's left edge
    top: float
    zoom_x: float  # canvas pixels per photo pixel
    zoom_y: float
    subject: Box

    @property
    def placement(self) -> Placement:
        """The same as whole pixels, for what needs no more (shadows)."""
        box = self.subject
        left, top = self.left + box.left * self.zoom_x, self.top + box.top * self.zoom_y
        right, bottom = left + box.width * self.zoom_x, top + box.height * self.zoom_y
        target = Box(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))
        return Placement(box, target)


def frame(subject: Box, width: int, height: int, style: Style) -> Frame:
    """subject: the product's box in a photo of width x height."""
    left, top, wide, high = _canvas(subject, width, height, style)
    zoom = 1.0
    if style.scale:
        zoom = min(style.scale * wide / subject.width, style.scale * high / subject.height)
    position = style.position or (Position() if style.scale else Position(original=True))
    x = _along(subject.left - left, subject.width, zoom, wide, position.x, position.original)
    y = _along(subject.top - top, subject.height, zoom, high, position.y, position.original)
    shrink = 1.0
    if style.max_pixels and wide * high > style.max_pixels:
        shrink = math.sqrt(style.max_pixels / (wide * high))
    shown_width, shown_height = max(1, math.floor(wide * shrink)), max(1, math.floor(high * shrink))
    # Whole pixels on the canvas: each direction takes up its own rounding, so nothing is cut and nothing is left.
    across, down = shown_width / wide, shown_height / high
    return Frame(
        shown_width, shown_height, wide, high,
        (x - subject.left * zoom) * across, (y - subject.top * zoom) * down, zoom * across, zoom * down, subject,
    )  # fmt: skip


def _canvas(subject: Box, width: int, height: int, style: Style) -> tuple[int, int, int, int]:
    """(left, top, width, height) in pixels of the photo; a margin may reach beyond it."""
    if not style.crop:
        return 0, 0, width, height
    margins = style.margins
    left, right = margins.left.of(subject.width), margins.right.of(subject.width)
    top, bottom = margins.top.of(subject.height), margins.bottom.of(subject.height)
    return subject.left - left, subject.top - top, left + subject.width + right, top + subject.height + bottom


def _along(start: int, length: int, zoom: float, side: int, share: float, original: bool) -> float:
    """Where the product begins on one axis of the canvas."""
    room = side - length * zoom
    if not original:
        return room * share
    if zoom == 1.0:
        return float(start)
    centred = start + length / 2 - length * zoom / 2
    return min(max(centred, min(room, 0.0)), max(room, 0.0))
