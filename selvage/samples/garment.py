"""A T-shirt or a sleeveless dress lying flat: folds, ribbed collar, seams; the neck hole shows the inner back panel."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .curves import dashes, moved, path, spline, stroke
from .scene import Stage
from .texture import folds, linear, rounding, weave
from .types import Array, Points

STAGE = Stage(lift=0.012)
ASPECT = (4, 5)
_COLOURS = ("#b8433c", "#2f4f6f", "#e9e4d8", "#3d5a45", "#c9a24b", "#7b6a8f", "#2b2b30")


def draw(canvas: Canvas, rng: np.random.Generator) -> Stage:
    colour = linear(_COLOURS[int(rng.integers(len(_COLOURS)))])
    (_tee if rng.random() < 0.6 else _dress)(canvas, rng, colour)
    return STAGE


def _wobbled(points: Points, rng: np.random.Generator, amount: float = 0.004) -> Array:
    line = np.array(points, np.float64)
    line[1:-1] += rng.normal(scale=amount, size=line[1:-1].shape)
    return line


def _tee(canvas: Canvas, rng: np.random.Generator, colour: Array) -> None:
    wide, long = rng.uniform(0.95, 1.05), rng.uniform(0.96, 1.06)
    half = path(
        _wobbled([(0.105, -0.430), (0.18, -0.405), (0.250, -0.372)], rng, 0.001),
        _wobbled([(0.250, -0.372), (0.345, -0.26), (0.432, -0.118)], rng, 0.003),
        _wobbled([(0.432, -0.118), (0.385, -0.082), (0.330, -0.062)], rng, 0.002),
        _wobbled([(0.330, -0.062), (0.290, -0.128), (0.252, -0.172)], rng, 0.002),
        _wobbled([(0.252, -0.172), (0.238, 0.02), (0.236, 0.22), (0.246, 0.465)], rng),
        _wobbled([(0.246, 0.465), (0.15, 0.478), (0.0, 0.482)], rng, 0.002),
    ) * (wide, long)
    front_neck = spline(
        np.array([(-0.105, -0.430), (-0.075, -0.352), (0.0, -0.322), (0.075, -0.352), (0.105, -0.430)]) * (wide, long)
    )
    back_neck = spline(np.array([(-0.105, -0.430), (0.0, -0.408), (0.105, -0.430)]) * (wide, long))
    _inner_back(canvas, rng, colour, np.concatenate([back_neck, front_neck[::-1]]))
    front = np.concatenate([half, (half * (-1, 1))[::-1], front_neck[1:-1]])
    body = canvas.shape(front)
    surface = folds(rng, body, across=5.5, down=2.2, depth=0.30) * rounding(body, 0.05, canvas.unit, rim=0.62)
    canvas.over(body, colour * surface * weave(rng, body, 0.030))
    for side in (-1, 1):
        seam = spline(
            np.array([(0.250, -0.372), (0.222, -0.29), (0.232, -0.22), (0.252, -0.172)]) * (wide * side, long)
        )
        canvas.shade(canvas.shape(stroke(seam, 0.004), soft=0.0015), 0.62)
        hem = spline(np.array([(0.418, -0.130), (0.37, -0.096), (0.318, -0.078)]) * (wide * side, long))
        canvas.shade(canvas.strands(dashes(hem, 0.0016, 0.005, 0.003)), 0.55)
    bottom = spline(np.array([(-0.244, 0.446), (0.0, 0.463), (0.244, 0.446)]) * (wide, long))
    for offset in (0.0, 0.006):
        canvas.shade(canvas.strands(dashes(moved(bottom, 0, offset), 0.0016, 0.005, 0.003)), 0.55)
    _rib(canvas, rng, colour, front_neck)


def _dress(canvas: Canvas, rng: np.random.Generator, colour: Array) -> None:
    flare = rng.uniform(0.9, 1.1)
    ripple = 0.010 * np.sin(np.linspace(0, 9, 10) + rng.uniform(0, 6))
    hem = np.stack([np.linspace(0.335 * flare, 0.0, 10), 0.545 + 0.022 * np.linspace(0, 1, 10) + ripple], axis=1)
    half = path(
        [(0.115, -0.505), (0.150, -0.502)],
        _wobbled([(0.150, -0.502), (0.128, -0.41), (0.150, -0.335), (0.192, -0.300)], rng, 0.002),
        _wobbled([(0.192, -0.300), (0.172, -0.20), (0.150, -0.085)], rng, 0.002),
        _wobbled([(0.150, -0.085), (0.215, 0.10), (0.285 * flare, 0.34), (0.335 * flare, 0.545)], rng),
        hem,
    )
    neck = spline([(-0.115, -0.505), (-0.085, -0.38), (0.0, -0.330), (0.085, -0.38), (0.115, -0.505)])
    back = spline([(-0.115, -0.505), (-0.075, -0.445), (0.0, -0.425), (0.075, -0.445), (0.115, -0.505)])
    _inner_back(canvas, rng, colour, np.concatenate([back, neck[::-1]]))
    front = np.concatenate([half, (half * (-1, 1))[::-1], neck[1:-1]])
    body = canvas.shape(front)
    surface = rounding(body, 0.04, canvas.unit, rim=0.6) * weave(rng, body, 0.02)
    cloth = folds(rng, body, across=4.0, down=2.0, depth=0.2)
    # The skirt falls in folds that fan out from the waist.
    fan = body.x / (0.16 + 0.42 * np.clip(body.y + 0.085, 0, None))
    phase = rng.uniform(0, 6.28)
    pleat = 0.5 * np.sin(19 * fan + phase) + 0.3 * np.sin(31 * fan + 2 * phase) + 0.2 * np.sin(11 * fan)
    depth = np.clip((body.y + 0.085) / 0.25, 0, 1) * 0.26
    canvas.over(body, colour * surface * (cloth * (1 + depth * pleat)[..., None]))
    waist = spline([(-0.150, -0.085), (0.0, -0.072), (0.150, -0.085)])
    canvas.shade(canvas.shape(stroke(waist, 0.006), soft=0.002), 0.5)
    _rib(canvas, rng, colour * 0.9, neck, width=0.010)


def _inner_back(canvas: Canvas, rng: np.random.Generator, colour: Array, outline: Array) -> None:
    """What the neck hole shows: cloth in the shade, and the size label."""
    inner = canvas.shape(outline)
    shade = 0.30 + 0.30 * np.clip((inner.y - inner.y[0]) / (inner.y[-1] - inner.y[0] + 1e-6), 0, 1)
    canvas.over(inner, colour * shade[..., None] * weave(rng, inner, 0.02))
    top = float(outline[len(outline) // 4, 1]) + 0.012
    label = canvas.shape([(-0.017, top), (0.017, top), (0.017, top + 0.026), (-0.017, top + 0.026)], soft=0.0006)
    canvas.over(label, linear("#d8d4c8") * 0.6)
    band = outline[: len(outline) // 2]
    canvas.shade(canvas.shape(stroke(moved(band, 0, 0.010), 0.003), soft=0.001), 0.6)


def _rib(canvas: Canvas, rng: np.random.Generator, colour: Array, neck: Array, width: float = 0.019) -> None:
    inner = stroke(moved(neck, 0, width / 2), width)
    collar = canvas.shape(inner)
    angle = np.arctan2(collar.y - neck[0, 1], collar.x)
    ribs = 1 + 0.10 * np.sin(angle * 150)
    canvas.over(
        collar, colour * rounding(collar, width / 2, canvas.unit, rim=0.62) * ribs[..., None] * weave(rng, collar, 0.02)
    )
    canvas.shade(canvas.shape(stroke(moved(neck, 0, width + 0.001), 0.003), soft=0.0012), 0.6)
