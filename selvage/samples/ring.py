"""A metal ring with a stone: paper shows through the band, metal reflects bright and dark bands."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from .canvas import Canvas, Patch
from .curves import ellipse, path, spline, stroke
from .scene import Stage
from .texture import linear, rounding
from .types import Array

ASPECT = (1, 1)
_METALS = ("#e0b34f", "#d4d6da", "#dfa58c")
_STONES = ("#9fc6e8", "#b0163a", "#1f7a52", "#e9eef4")


def draw(canvas: Canvas, rng: np.random.Generator) -> Stage:
    metal = linear(_METALS[int(rng.integers(len(_METALS)))])
    stone = linear(_STONES[int(rng.integers(len(_STONES)))])
    rx, ry = rng.uniform(0.225, 0.250), rng.uniform(0.255, 0.275)
    turn, centre_y = rng.uniform(0.060, 0.085), 0.085
    _band(canvas, metal, rx, ry, turn, centre_y)
    _stone(canvas, rng, stone, metal, turn / 2, centre_y - ry - 0.030)
    return Stage(base=centre_y + ry, strength=0.42)


def _band(canvas: Canvas, metal: Array, rx: float, ry: float, turn: float, cy: float) -> None:
    """A short cylinder turned a little: outer wall, inner wall, the hole through both rims, the front face."""
    thick = 0.034
    far_outer, near_outer = ellipse(turn, cy - 0.004, rx - 0.006, ry - 0.006), ellipse(0.0, cy, rx, ry)
    far_inner, near_inner = ellipse(turn, cy - 0.004, rx - thick, ry - thick), ellipse(0.0, cy, rx - thick, ry - thick)
    wall = canvas.shape(cv2.convexHull(np.concatenate([far_outer, near_outer]).astype(np.float32))[:, 0])
    canvas.over(wall, metal * _reflection(wall, turn, cy, 0.8)[..., None] * 0.6)
    inner = canvas.shape(near_inner)
    canvas.over(inner, metal * _reflection(inner, turn / 2, cy, 2.2)[..., None] * 0.42)
    canvas.cut(near_inner, far_inner)
    face = canvas.shape(ellipse(0.0, cy, rx, ry), near_inner)
    canvas.over(
        face, metal * _reflection(face, 0.0, cy, 0.0)[..., None] * rounding(face, thick / 2, canvas.unit, rim=0.45)
    )
    shine = canvas.shape(
        stroke(ellipse(0.0, cy, rx - thick * 0.42, ry - thick * 0.42, start=195, end=262), (0.001, 0.006, 0.001)),
        soft=0.0015,
    )
    canvas.over(shine.times(0.85), np.ones(3, np.float32) * 0.95)


def _reflection(patch: Patch, cx: float, cy: float, phase: float) -> Array:
    """The studio as polished metal mirrors it: a few soft light boxes and dark gaps around the circle."""
    angle = np.arctan2(patch.y - cy, patch.x - cx)
    waves = (
        0.62
        + 0.34 * np.sin(2 * angle + 0.8 + phase)
        + 0.22 * np.sin(5 * angle + 2.0 + phase)
        + 0.12 * np.sin(11 * angle + phase)
    )
    return np.clip(waves, 0.08, 1.35).astype(np.float32)


def _stone(canvas: Canvas, rng: np.random.Generator, stone: Array, metal: Array, cx: float, cy: float) -> None:
    """A cut stone from the side: crown, girdle, pavilion; every facet mirrors another part of the studio."""
    half, crown, low = 0.112, 0.052, 0.090
    seat = canvas.shape(
        path(
            [(cx - 0.070, cy + 0.030), (cx + 0.070, cy + 0.030)],
            spline([(cx + 0.070, cy + 0.030), (cx + 0.030, cy + 0.075), (cx + 0.055, cy + 0.100)]),
            [(cx + 0.055, cy + 0.100), (cx - 0.055, cy + 0.100)],
            spline([(cx - 0.055, cy + 0.100), (cx - 0.030, cy + 0.075), (cx - 0.070, cy + 0.030)]),
        )
    )
    canvas.over(seat, metal * _reflection(seat, cx, cy, 1.0)[..., None] * 0.8)
    table = 0.064
    girdle = np.linspace(-half, half, 9)
    upper = np.linspace(-table, table, 7)
    silhouette = [(cx - half, cy), (cx - table, cy - crown), (cx + table, cy - crown), (cx + half, cy), (cx, cy + low)]
    whole = canvas.shape(silhouette)
    canvas.over(whole, stone * 0.5)
    facets = []
    for left, right in pairwise(girdle):
        facets.append([(cx + left, cy), (cx + right, cy), (cx + (left + right) * 0.12, cy + low * 0.9)])
        facets.append([(cx + left, cy), ((cx + (left + right) / 2 * 0.72), cy - crown * 0.72), (cx + right, cy)])
    for left, right in pairwise(upper):
        facets.append(
            [(cx + left, cy - crown), (cx + right, cy - crown), (cx + (left + right) / 2 * 1.35, cy - crown * 0.35)]
        )
    for facet in facets:
        piece = canvas.shape(facet)
        rows, columns = piece.cover.shape
        inside = whole.cover[piece.top - whole.top :, piece.left - whole.left :][:rows, :columns]
        light = float(rng.choice([0.25, 0.5, 0.8, 1.2, 1.9], p=[0.25, 0.25, 0.25, 0.15, 0.10]))
        # A facet never covers more than the stone does: the outline stays the silhouette's.
        if inside.shape == piece.cover.shape:
            share = np.minimum(piece.cover, inside)
            colour = np.clip(stone * light + (0.12 if light > 1 else 0.0), 0, 1)
            _tint(canvas, piece, share, colour)
    for x in (-0.086, 0.0, 0.086):
        prong = canvas.shape(
            stroke(
                spline([(cx + x * 0.55, cy + 0.070), (cx + x * 1.02, cy + 0.010), (cx + x * 0.98, cy - 0.018)]),
                (0.016, 0.015, 0.010),
            )
        )
        canvas.over(prong, metal * rounding(prong, 0.008, canvas.unit, rim=0.4) * 1.15)


def _tint(canvas: Canvas, piece: Patch, share: Array, colour: Array) -> None:
    """Changes the colour of what is drawn, alpha untouched: share * colour * alpha replaces that share of light."""
    light, alpha = canvas.light[piece.area], canvas.alpha[piece.area]
    light *= (1.0 - share)[..., None]
    light += (share * alpha)[..., None] * colour.astype(np.float32)
