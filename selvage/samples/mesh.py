"""A tulle skirt: layers of net whose threads are finer than a pixel, so that alpha is fractional almost everywhere."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .curves import path, spline, stroke
from .scene import Stage
from .texture import linear, rounding, weave
from .types import Array

ASPECT = (4, 5)
_TULLES = ("#d9a6a0", "#b9bed2", "#1f1f24", "#e6ddcf", "#7d9c94")
_THREADS = 190.0  # a unit of length


def draw(canvas: Canvas, rng: np.random.Generator) -> Stage:
    tulle = linear(_TULLES[int(rng.integers(len(_TULLES)))])
    for depth, long, density in ((0, 0.50, 0.50), (1, 0.47, 0.42), (2, 0.43, 0.36)):
        _layer(canvas, rng, tulle * (0.72 + 0.16 * depth), long, density)
    _waistband(canvas, rng, tulle)
    return Stage(lift=0.014, strength=0.34)


def _layer(canvas: Canvas, rng: np.random.Generator, colour: Array, long: float, density: float) -> None:
    """One layer; alpha = density of the net, more where pleats lie over each other and along the hem."""
    angle = np.linspace(-1, 1, 140)
    wave = 0.010 * np.sin(angle * rng.uniform(20, 26) + rng.uniform(0, 6)) + 0.006 * np.sin(
        angle * 47 + rng.uniform(0, 6)
    )
    hem = np.stack([angle * 0.455, long - 0.085 * angle**2 + wave], axis=1)
    sides = [(0.150, -0.400), (0.215, -0.25), (0.33, 0.05)]
    outline = np.concatenate(
        [spline([*sides, tuple(hem[-1])]), hem[::-1], spline([*[(-x, y) for x, y in sides], tuple(hem[0])])[::-1]]
    )
    patch = canvas.shape(outline)
    # Warped coordinates: u runs across from side to side at every height, v down.
    fan = 0.15 + 0.335 * np.clip(patch.y + 0.40, 0, None) ** 0.9
    u, v = patch.x / fan, patch.y + 0.06 * patch.x**2
    phase = rng.uniform(0, 6.28, 3)
    pleat = 0.55 * np.sin(17 * u + phase[0]) + 0.30 * np.sin(29 * u + phase[1]) + 0.15 * np.sin(53 * u + phase[2])
    gather = np.exp(-np.clip(v + 0.40, 0, None) / 0.10)
    # Diamonds of thread, as in bobbinet: two crossing waves, bent by the pleats.
    bent = patch.x + 0.006 * pleat
    net = np.abs(np.sin(np.pi * _THREADS * (bent + patch.y) / 2)) * np.abs(
        np.sin(np.pi * _THREADS * (bent - patch.y) / 2)
    )
    thread = np.clip(1.25 - 1.9 * net, 0.0, 1.0)
    amount = density * (0.35 + 1.0 * thread) * (1 + 0.55 * pleat) + 0.30 * gather
    edge = canvas.shape(stroke(hem, 0.006), soft=0.0012)
    sheet = patch.times(np.clip(amount, 0.05, 0.96).astype(np.float32))
    light = 1.0 + 0.22 * pleat + 0.10 * np.sin(7 * u + phase[1])
    canvas.over(sheet, colour * light[..., None].astype(np.float32))
    canvas.over(edge.times(0.55), colour * 0.95)


def _waistband(canvas: Canvas, rng: np.random.Generator, colour: Array) -> None:
    top = spline([(-0.152, -0.445), (0.0, -0.437), (0.152, -0.445)])
    bottom = spline([(-0.156, -0.385), (0.0, -0.374), (0.156, -0.385)])
    band = canvas.shape(path(top, bottom[::-1]))
    satin = 0.9 + 0.35 * np.sin(38 * (band.y + 0.42)) + 0.06 * np.sin(70 * band.x)
    canvas.over(
        band, colour * 0.8 * satin[..., None] * rounding(band, 0.02, canvas.unit, rim=0.6) * weave(rng, band, 0.01)
    )
    for side in (-1, 1):
        loop = canvas.shape(
            spline(
                [
                    (0, -0.405),
                    (side * 0.05, -0.440),
                    (side * 0.085, -0.425),
                    (side * 0.078, -0.385),
                    (side * 0.04, -0.388),
                ],
                closed=True,
            )
        )
        canvas.over(loop, colour * 0.85 * rounding(loop, 0.02, canvas.unit, rim=0.5))
        tail = canvas.shape(
            stroke(
                spline([(side * 0.008, -0.40), (side * 0.035, -0.33), (side * 0.03, -0.26), (side * 0.05, -0.19)]),
                (0.014, 0.022, 0.026, 0.028),
            )
        )
        canvas.over(tail, colour * 0.8 * rounding(tail, 0.012, canvas.unit, rim=0.6))
    knot = canvas.shape(spline([(-0.018, -0.425), (0.018, -0.425), (0.020, -0.388), (-0.020, -0.388)], closed=True))
    canvas.over(knot, colour * rounding(knot, 0.015, canvas.unit, rim=0.45))
