"""A leather bag standing on paper: two handles and a shoulder strap, so that paper shows through topological holes."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .curves import dashes, ellipse, moved, path, spline, stroke
from .scene import Stage
from .texture import falling, folds, linear, noise, rounding
from .types import Array

ASPECT = (4, 5)
_LEATHERS = ("#7a4a2b", "#2a2726", "#8c2f39", "#c8a27a", "#3f4a3a")


def draw(canvas: Canvas, rng: np.random.Generator) -> Stage:
    leather = linear(_LEATHERS[int(rng.integers(len(_LEATHERS)))])
    metal = linear("#d9b86a" if rng.random() < 0.6 else "#c9ccd0")
    reach = rng.uniform(0.50, 0.57)
    strap = spline(
        [(-0.315, -0.02), (-0.30, -0.22), (-0.185, -0.44), (0.0, -reach), (0.185, -0.44), (0.30, -0.22), (0.315, -0.02)]
    )
    _band(canvas, strap, 0.024, leather * 0.85, stitched=True)
    high = rng.uniform(0.29, 0.34)
    _band(canvas, _handle(high + 0.022, 0.004), 0.026, leather * 0.45, stitched=False)
    _body(canvas, rng, leather, metal)
    _band(canvas, _handle(high, 0.0), 0.028, leather, stitched=True)
    for side in (-1, 1):
        _tab(canvas, side * 0.165, leather, metal)
        ring = canvas.shape(ellipse(side * 0.315, -0.018, 0.026, 0.026), ellipse(side * 0.315, -0.018, 0.017, 0.017))
        canvas.over(
            ring, metal * (1.1 + 0.7 * np.sin(np.arctan2(ring.y + 0.018, ring.x - side * 0.315) * 2 - 1))[..., None]
        )
    return Stage(base=0.452, strength=0.34)


def _handle(high: float, dx: float) -> Array:
    return spline(
        [
            (-0.165 + dx, 0.03),
            (-0.160 + dx, -0.08),
            (-0.115, -high + 0.07),
            (0.0, -high),
            (0.115, -high + 0.07),
            (0.160 + dx, -0.08),
            (0.165 + dx, 0.03),
        ]
    )


def _band(canvas: Canvas, line: Array, width: float, leather: Array, *, stitched: bool) -> None:
    patch = canvas.shape(stroke(line, width))
    canvas.over(patch, leather * rounding(patch, width * 0.5, canvas.unit, rim=0.45) * 1.15)
    if stitched:
        for offset in (-0.36, 0.36):
            ahead = np.gradient(line, axis=0)
            normal = ahead[:, ::-1] * (-1, 1) / (np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12)
            seam = canvas.strands(dashes(line + normal * offset * width, 0.0018, 0.008, 0.005))
            canvas.over(seam.times(0.7), linear("#d9c7a8") * 0.7)


def _body(canvas: Canvas, rng: np.random.Generator, leather: Array, metal: Array) -> None:
    half = path(
        [(0.0, -0.030), (0.275, -0.030)],
        spline([(0.275, -0.030), (0.300, -0.022), (0.308, 0.0)]),
        [(0.308, 0.0), (0.318, 0.15), (0.330, 0.30), (0.338, 0.415)],
        spline([(0.338, 0.415), (0.332, 0.443), (0.300, 0.452)]),
        [(0.300, 0.452), (0.0, 0.454)],
    )
    outline = np.concatenate([half, (half * (-1, 1))[::-1]])
    body = canvas.shape(outline)
    grain = 1 + 0.035 * noise(rng, body.cover.shape, 160, 160)[..., None]
    light = rounding(body, 0.07, canvas.unit, rim=0.42) * falling(body, 1.15, 0.72)
    canvas.over(body, leather * light * grain * folds(rng, body, across=2.5, down=2.5, depth=0.10))
    flap_line = spline(
        [(-0.316, 0.12), (-0.27, 0.185), (-0.12, 0.212), (0.0, 0.216), (0.12, 0.212), (0.27, 0.185), (0.316, 0.12)]
    )
    canvas.shade(canvas.shape(stroke(moved(flap_line, 0.004, 0.012), 0.018), soft=0.007), 0.45)
    flap = canvas.shape(np.concatenate([flap_line, [(0.308, 0.0), (0.285, -0.032), (-0.285, -0.032), (-0.308, 0.0)]]))
    grain = 1 + 0.035 * noise(rng, flap.cover.shape, 90, 160)[..., None]
    canvas.over(flap, leather * 1.12 * rounding(flap, 0.05, canvas.unit, rim=0.5) * falling(flap, 1.2, 0.9) * grain)
    seam = canvas.strands(dashes(flap_line * (0.96, 1.0) + (0, -0.012), 0.0020, 0.009, 0.005))
    canvas.over(seam.times(0.75), linear("#d9c7a8") * 0.75)
    foot = canvas.strands(dashes(spline([(-0.31, 0.436), (0.0, 0.439), (0.31, 0.436)]), 0.0020, 0.009, 0.005))
    canvas.over(foot.times(0.6), linear("#d9c7a8") * 0.5)
    canvas.shade(canvas.shape(ellipse(0.002, 0.206, 0.040, 0.030), soft=0.008), 0.5)
    plate = canvas.shape(ellipse(0.0, 0.198, 0.036, 0.026))
    shine = 0.75 + 0.6 * np.exp(-(((plate.y - 0.186) / 0.006) ** 2)) + 0 * plate.x
    canvas.over(plate, metal * shine[..., None] * rounding(plate, 0.008, canvas.unit, rim=0.5))
    knob = canvas.shape(ellipse(0.0, 0.198, 0.010, 0.010))
    canvas.over(knob, metal * rounding(knob, 0.008, canvas.unit, rim=0.3) * 1.25)


def _tab(canvas: Canvas, x: float, leather: Array, metal: Array) -> None:
    piece = canvas.shape(
        path(
            [(x - 0.020, -0.005), (x + 0.020, -0.005), (x + 0.020, 0.075)],
            spline([(x + 0.020, 0.075), (x, 0.098), (x - 0.020, 0.075)]),
        )
    )
    canvas.shade(canvas.shape(stroke([(x + 0.003, 0.0), (x + 0.003, 0.09)], 0.044), soft=0.004), 0.7)
    canvas.over(piece, leather * 1.2 * rounding(piece, 0.012, canvas.unit, rim=0.5))
    for y in (0.022, 0.070):
        rivet = canvas.shape(ellipse(x, y, 0.0068, 0.0068))
        canvas.over(rivet, metal * rounding(rivet, 0.006, canvas.unit, rim=0.4) * 1.2)
