"""Plain things with exact alpha: one shape, even skin, few colours.

Photographed cut-outs nearly always have texture, so a network that saw only them takes a large even area within a
product for a gap. Here even areas, panels and stripes are product, and only real holes let the ground through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.generator.goods import outline, tone
from training.generator.light import F32, U8, field
from training.generator.threads import OVER

HOLED = 0.6
LIKE_THE_SHAPE = 0.7


def plain(rng: np.random.Generator, side: int) -> U8:
    """A straight RGBA uint8 cut-out (side, side, 4)."""
    shape = SHAPES[int(rng.integers(len(SHAPES)))](rng, side)
    large = _filled(shape, side * OVER, OVER)
    if rng.random() < HOLED:
        large[_filled(_hole(rng, shape, side), side * OVER, OVER) > 0] = 0
    alpha: F32 = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    colour = np.broadcast_to(tone(rng), (side, side, 3)).astype(np.float32)
    draw = rng.random()
    if draw < 0.2:
        colour = _painted(rng, colour, shape, side)
    elif draw < 0.35:
        colour = _striped(rng, colour, side)
    if rng.random() < 0.6:  # the rest stays perfectly even, as drawn and cut-out things are
        colour = colour * field(rng, side, int(rng.integers(2, 5)), rng.uniform(0.7, 0.95), 1.08)[..., None]
    return np.dstack([np.clip(colour, 0, 255), alpha]).round().astype(np.uint8)


def box(rng: np.random.Generator, side: int) -> F32:
    """A rectangle or a trapezium, sharp or with round corners, often upright."""
    half = rng.uniform(0.12, 0.4, 2) * side
    taper = rng.uniform(0.6, 1.0) if rng.random() < 0.3 else 1.0
    power = float(rng.choice((2.5, 4.0, 8.0, 200.0)))
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    reach = (np.abs(np.cos(angle)) ** power + np.abs(np.sin(angle)) ** power) ** (-1 / power)
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None]
    points[:, 0] *= np.where(points[:, 1] < 0, taper, 1.0)
    return _turned(rng, points * half, side)


def disc(rng: np.random.Generator, side: int) -> F32:
    """A circle or an ellipse."""
    half = rng.uniform(0.12, 0.42) * side * np.array([1.0, 1.0 if rng.random() < 0.5 else rng.uniform(0.3, 1.0)])
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    return _turned(rng, np.stack([np.cos(angle), np.sin(angle)], 1) * half, side)


def corners(rng: np.random.Generator, side: int) -> F32:
    """A polygon of three to nine corners, seen from its middle always open."""
    count = int(rng.integers(3, 10))
    angle = np.sort(rng.uniform(0, 2 * np.pi / count, count) * 0.8 + np.arange(count) * 2 * np.pi / count)
    reach = rng.uniform(0.2, 0.44, count) * side
    return _turned(rng, np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None], side)


def shirt(rng: np.random.Generator, side: int) -> F32:
    """A body with sleeves and a neck, laid flat."""
    width, top, hem = rng.uniform(0.14, 0.24), rng.uniform(-0.36, -0.25), rng.uniform(0.2, 0.42)
    neck, dip = rng.uniform(0.05, 0.1), rng.uniform(0.0, 0.09)
    reach, drop, cuff = rng.uniform(0.06, 0.2), rng.uniform(0.1, 0.4), rng.uniform(0.07, 0.14)
    right = [(neck, top), (width, top + 0.03), (width + reach, top + drop), (width + reach - cuff, top + drop + 0.05),
             (width, top + 0.22), (width * rng.uniform(0.85, 1.25), hem)]  # fmt: skip
    left = [(-x, y) for x, y in reversed(right)]
    return _turned(rng, np.array([*right, *left, (0.0, top + dip)]) * side, side, 0.3)


def _turned(rng: np.random.Generator, points: NDArray[Any], side: int, tilt: float = np.pi) -> F32:
    """Points about the middle, half of the time turned by up to `tilt`, float32 (n, 2) in pixels."""
    turn = rng.uniform(-tilt, tilt) if rng.random() < 0.5 else 0.0
    sin, cos = np.sin(turn), np.cos(turn)
    return np.asarray(np.clip(points @ np.array([[cos, sin], [-sin, cos]]) + side / 2, 2, side - 3), np.float32)


def _hole(rng: np.random.Generator, shape: F32, side: int) -> F32:
    """The shape again, smaller, which makes rings and frames; or a disc somewhere inside."""
    middle = shape.mean(0)
    if rng.random() < LIKE_THE_SHAPE:
        return np.asarray(middle + (shape - middle) * rng.uniform(0.3, 0.9), np.float32)
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    centre = middle + (shape[int(rng.integers(len(shape)))] - middle) * rng.uniform(0, 0.6)
    return np.asarray(centre + rng.uniform(0.01, 0.09) * side * np.stack([np.cos(angle), np.sin(angle)], 1), np.float32)


def _painted(rng: np.random.Generator, colour: F32, shape: F32, side: int) -> F32:
    """A rim, a print or a panel in a second colour; as opaque as the rest."""
    middle = shape.mean(0)
    kind = int(rng.integers(3))
    if kind == 0:
        panel = middle + (shape - middle) * rng.uniform(0.6, 0.95)
    elif kind == 1:
        panel = SHAPES[int(rng.integers(len(SHAPES)))](rng, side)
        panel = middle + (panel - panel.mean(0)) * rng.uniform(0.2, 0.6)
    else:  # everything on one side of a line
        cut = middle[1] + rng.uniform(-0.15, 0.15) * side
        panel = np.array([[0, 0], [side, 0], [side, cut], [0, cut]])
    inside: F32 = cv2.GaussianBlur(_filled(np.asarray(panel, np.float32), side, 1), (0, 0), 0.7).astype(np.float32)
    return np.asarray(colour + (tone(rng) - colour) * (inside / 255)[..., None], np.float32)


def _striped(rng: np.random.Generator, colour: F32, side: int) -> F32:
    turn, pitch = rng.uniform(0, np.pi), rng.uniform(0.03, 0.2) * side
    across, down = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
    wave = np.sin((across * np.cos(turn) + down * np.sin(turn)) * (2 * np.pi / pitch)) * pitch / 4
    return np.asarray(colour + (tone(rng) - colour) * np.clip(wave + 0.5, 0, 1)[..., None], np.float32)


def _filled(points: F32, side: int, scale: int) -> U8:
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [(points * scale).round().astype(np.int32)], 255)
    return mask


SHAPES: tuple[Callable[[np.random.Generator, int], F32], ...] = (box, disc, corners, shirt, outline)
