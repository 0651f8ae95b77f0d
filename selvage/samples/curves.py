"""Outlines: splines through points, strokes of constant or tapering width, ellipses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .types import Array, Points


def spline(points: Points, *, closed: bool = False, steps: int = 16) -> Array:
    """Catmull-Rom curve through the points, float64 (n, 2). Source: Catmull and Rom, 1974."""
    knots = np.asarray(points, np.float64)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    p0, p1, p2, p3 = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    line = curve.transpose(1, 0, 2).reshape(-1, 2)
    return line if closed else np.concatenate([line, knots[-1:]])


def moved(line: Array, dx: float, dy: float) -> Array:
    """The same line elsewhere."""
    shifted: Array = line + np.array([dx, dy])
    return shifted


def path(*pieces: Points) -> Array:
    """Pieces of splines joined with sharp corners."""
    return np.concatenate([spline(piece) if len(piece) > 2 else np.asarray(piece, np.float64) for piece in pieces])


def mirrored(half: Array) -> Array:
    """A closed outline from its right half, given from top to bottom."""
    return np.concatenate([half, half[::-1] * (-1.0, 1.0)])


def stroke(line: Points, width: float | Sequence[float]) -> Array:
    """The outline of a line of the given width; a sequence of widths is spread along the line."""
    points = np.asarray(line, np.float64)
    ahead = np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12
    normal = ahead[:, ::-1] * (-1.0, 1.0)
    if isinstance(width, float | int):
        half = np.full(len(points), width / 2)
    else:
        half = np.interp(np.linspace(0, 1, len(points)), np.linspace(0, 1, len(width)), width) / 2
    return np.concatenate([points + normal * half[:, None], (points - normal * half[:, None])[::-1]])


def dashes(line: Points, width: float, length: float, gap: float) -> list[Array]:
    """A stitched seam: separate strokes along the line."""
    points = np.asarray(line, np.float64)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    marks = []
    for start in np.arange(0.0, run[-1] - length, length + gap):
        at = np.linspace(start, start + length, 4)
        marks.append(stroke(np.stack([np.interp(at, run, points[:, axis]) for axis in (0, 1)], axis=1), width))
    return marks


def ellipse(
    x: float, y: float, rx: float, ry: float, *, start: float = 0.0, end: float = 360.0, turn: float = 0.0
) -> Array:
    """Points of an ellipse or of an arc of it; angles in degrees, clockwise from the right as seen on the screen."""
    angle = np.radians(np.linspace(start, end, 181))
    points = np.stack([rx * np.cos(angle), ry * np.sin(angle)], axis=1)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turned: Array = points @ np.array([[c, s], [-s, c]]) + (x, y)
    return turned
