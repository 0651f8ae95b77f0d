"""A premultiplied canvas at twice the size; the box filter that halves it makes alpha exact by construction.

Everything is drawn in linear light. Coordinates are in units of the short side of the frame, origin in the centre,
y downwards: a portrait frame of 4:5 spans x in [-0.5, 0.5] and y in [-0.625, 0.625].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .types import Array, Points

FACTOR = 2
_SHIFT = 6


@dataclass(frozen=True)
class Patch:
    """A part of the canvas and how far it is covered.

    cover: float32 (h, w) in [0, 1]. x, y: float32 (1, w) and (h, 1), unit coordinates of the pixel centres.
    """

    top: int
    left: int
    cover: Array
    x: Array
    y: Array

    @property
    def area(self) -> tuple[slice, slice]:
        height, width = self.cover.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def times(self, factor: Array | float) -> Patch:
        """The same place, covered less: factor is a number or float32, broadcast against cover."""
        return Patch(self.top, self.left, self.cover * factor, self.x, self.y)


class Canvas:
    """Premultiplied linear RGB and alpha at FACTOR times the size of the photo."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width * FACTOR, height * FACTOR
        self.unit = float(min(self.width, self.height))
        self.light = np.zeros((self.height, self.width, 3), np.float32)
        self.alpha = np.zeros((self.height, self.width), np.float32)

    def shape(self, outline: Points, *holes: Points, soft: float = 0.0) -> Patch:
        """A filled outline without its holes. soft: standard deviation of an edge blur, in units."""
        return self._cover(
            [outline, *holes], soft, lambda mask, parts: cv2.fillPoly(mask, parts, 255, cv2.LINE_AA, _SHIFT)
        )

    def strands(self, outlines: Sequence[Points]) -> Patch:
        """Many thin outlines as one layer; where they overlap the layer is simply covered."""

        def draw(mask: Array, parts: list[Array]) -> None:
            for part in parts:
                cv2.fillPoly(mask, [part], 255, cv2.LINE_AA, _SHIFT)

        return self._cover(list(outlines), 0.0, draw)

    def over(self, patch: Patch, colour: Array) -> None:
        """Lays a colour (float32 (3,) or (h, w, 3), linear light) over what is there."""
        cover = patch.cover
        light, alpha = self.light[patch.area], self.alpha[patch.area]
        rest = 1.0 - cover
        light *= rest[..., None]
        light += np.asarray(colour, np.float32) * cover[..., None]
        alpha *= rest
        alpha += cover

    def shade(self, patch: Patch, factor: float) -> None:
        """Darkens (factor below 1) what is already drawn under the patch; alpha stays."""
        self.light[patch.area] *= (1.0 + (factor - 1.0) * patch.cover)[..., None]

    def cut(self, *outlines: Points) -> None:
        """Takes away what lies inside all the outlines, so that paper shows through."""
        keep = np.ones((self.height, self.width), np.float32)
        for outline in outlines:
            patch = self.shape(outline)
            inside = np.zeros_like(keep)
            inside[patch.area] = patch.cover
            keep *= inside
        keep = 1.0 - keep
        self.alpha *= keep
        self.light *= keep[..., None]

    def finish(self) -> tuple[Array, Array]:
        """Premultiplied light (H, W, 3) and alpha (H, W), float32, box-filtered to the size of the photo."""
        size = (self.width // FACTOR, self.height // FACTOR)
        light = cv2.resize(self.light, size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(self.alpha, size, interpolation=cv2.INTER_AREA)
        return light, np.clip(alpha, 0.0, 1.0)

    def _cover(self, outlines: list[Points], soft: float, draw: Callable[[Array, list[Array]], object]) -> Patch:
        parts = [self._pixels(points) for points in outlines]
        everything = np.concatenate(parts)
        margin = 2 + int(np.ceil(3 * soft * self.unit))
        left, top = np.floor(everything.min(axis=0)).astype(int) - margin
        right, bottom = np.ceil(everything.max(axis=0)).astype(int) + margin + 1
        left, right = max(0, left), min(self.width, right)
        top, bottom = max(0, top), min(self.height, bottom)
        mask = np.zeros((max(0, bottom - top), max(0, right - left)), np.uint8)
        fixed = [np.rint((part - (left, top)) * (1 << _SHIFT)).astype(np.int32) for part in parts]
        draw(mask, fixed)
        cover = mask.astype(np.float32) * np.float32(1 / 255)
        if soft:
            cover = cv2.GaussianBlur(cover, (0, 0), soft * self.unit)
        x = (np.arange(left, right, dtype=np.float32) + 0.5 - self.width / 2) / self.unit
        y = (np.arange(top, bottom, dtype=np.float32) + 0.5 - self.height / 2) / self.unit
        return Patch(top, left, cover, x[None, :], y[:, None])

    def _pixels(self, points: Points) -> Array:
        centre = np.array([self.width / 2 - 0.5, self.height / 2 - 0.5])
        pixels: Array = np.asarray(points, np.float64) * self.unit + centre
        return pixels
