"""A cut-out drawn: cropped, scaled, placed and laid over its background.

The product's edges are blended in linear light, as matting solved them: over the paper it stood on, the cut-out gives
the photo back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from services.compose.cutout import Cutout
from services.compose.cutouts.frame import Frame, frame
from services.compose.cutouts.ground import darken, darkness, ground
from services.compose.cutouts.solid import solid, within
from services.compose.cutouts.style import Style
from services.compose.errors import CutoutEmpty
from services.compose.place import cut_sides, subject_box
from services.compose.resize import axis, bands, linear_table, straighten
from services.kit.boxes import Box
from services.kit.pictures import to_srgb8

FOUND = 0.5  # alpha some pixel must have for a product to be there
SUBJECT = 0.1  # alpha from which a pixel belongs to the product's box: fainter haze must not widen a crop
SUPPORT = 1e-4  # alpha from which a pixel is drawn


@dataclass(frozen=True)
class Rendered:
    """pixels: uint8 (H, W, 3), or (H, W, 4) with straight alpha, or (H, W) for an alpha alone."""

    pixels: np.ndarray
    frame: Frame


def render(cutout: Cutout, style: Style, shadow: np.ndarray | None = None, picture: bytes = b"") -> Rendered:
    """Draws the foreground and alpha of `cutout`.

    shadow: the photo's own multiply map, uint8 (any size, 3), or None. picture: a background's file, or nothing.
    Raises CutoutEmpty when no product is there, and what decoding the picture raises.
    """
    foreground, alpha = cutout.foreground, cutout.alpha
    height, width = alpha.shape
    if style.region is not None:
        alpha = within(alpha, style.region)
    subject = subject_box(alpha, SUBJECT)
    if subject is None or float(alpha.max()) < FOUND:
        raise CutoutEmpty(threshold=FOUND)
    if style.solid:
        alpha = solid(alpha)
    made = frame(subject, width, height, style)
    if style.alpha_only:
        return Rendered(_cover(foreground, alpha, made), made)
    canvas = ground(made, style, picture)
    if style.shadow != "none":
        cover = _cover(foreground, alpha, made)
        grey = darkness(cover, shadow, (height, width), made, style, cut_sides(alpha))
        if grey is not None:
            darken(canvas, grey)
    window, strips = _strips(foreground, alpha, made)
    drawn = canvas[window.top : window.bottom, window.left : window.right]
    for y, strip in strips:
        _over(strip, drawn[y : y + len(strip)])
    return Rendered(canvas, made)


def _cover(foreground: np.ndarray, alpha: np.ndarray, made: Frame) -> np.ndarray:
    """The product's alpha on the canvas, uint8 (H, W)."""
    cover = np.zeros((made.height, made.width), np.uint8)
    window, strips = _strips(foreground, alpha, made)
    drawn = cover[window.top : window.bottom, window.left : window.right]
    for y, strip in strips:
        drawn[y : y + len(strip)] = np.rint(strip[..., 3] * 255)
    return cover


def _strips(foreground: np.ndarray, alpha: np.ndarray, made: Frame) -> tuple[Box, Iterator[tuple[int, np.ndarray]]]:
    """(the part of the canvas that holds product, its rows from the top as `resize.bands` gives them)."""
    height, width = alpha.shape
    support = subject_box(alpha, SUPPORT) or made.subject
    left, right = _span(made.left, made.zoom_x, support.left, support.right, made.width)
    top, bottom = _span(made.top, made.zoom_y, support.top, support.bottom, made.height)
    across = axis(right - left, made.left - left, made.zoom_x, width)
    down = axis(bottom - top, made.top - top, made.zoom_y, height)
    return Box(left, top, right - left, bottom - top), bands(foreground, alpha, across, down)


def _span(start: float, zoom: float, first: int, last: int, side: int) -> tuple[int, int]:
    """Pixels of the canvas whose centres lie on the photo's pixels [first, last); at least one."""
    low = min(max(0, math.ceil(start + first * zoom - 0.5)), side - 1)
    high = max(min(side, math.floor(start + last * zoom + 0.5)), low + 1)
    return low, high


def _over(strip: np.ndarray, under: np.ndarray) -> None:
    """Lays a strip (float32 (h, w, 4), linear, premultiplied) over `under` (uint8, straight), in place."""
    light = linear_table()[under[..., :3]]
    free = 1 - strip[..., 3:]
    if under.shape[2] == 3:
        under[:] = to_srgb8(np.clip(strip[..., :3] + free * light, 0, 1))
        return
    below = under[..., 3:].astype(np.float32) / 255
    mixed = np.empty_like(strip)
    mixed[..., :3] = strip[..., :3] + free * below * light
    mixed[..., 3:] = strip[..., 3:] + free * below
    under[..., :3], under[..., 3] = straighten(mixed)
