"""A trainer seen from the side: rubber sole, stitched panels, laces, a collar that shows the lining."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .curves import dashes, ellipse, moved, path, spline, stroke
from .scene import Stage
from .texture import falling, folds, linear, noise, rounding, weave
from .types import Array

ASPECT = (5, 4)
_PAIRS = (("#e8e6e0", "#31507a"), ("#3a3c42", "#d26b3a"), ("#4f6b58", "#e5dcc5"), ("#b5493f", "#efe9df"))
_TOP = [(-0.445, -0.165), (-0.400, -0.192), (-0.345, -0.165), (-0.255, -0.125), (-0.160, -0.150), (-0.085, -0.215)]


def draw(canvas: Canvas, rng: np.random.Generator) -> Stage:
    main, accent = (linear(code) for code in _PAIRS[int(rng.integers(len(_PAIRS)))])
    _tongue(canvas, rng, main)
    _upper(canvas, rng, main, accent)
    _laces(canvas, rng, linear("#f0eee8"))
    _sole(canvas, rng)
    return Stage(base=0.268, strength=0.36)


def _tongue(canvas: Canvas, rng: np.random.Generator, main: Array) -> None:
    """The far side of the collar and the tongue, drawn first because everything else covers them."""
    lining = canvas.shape(
        spline(
            [(-0.43, -0.175), (-0.34, -0.215), (-0.20, -0.205), (-0.10, -0.225), (-0.12, -0.10), (-0.30, -0.08)],
            closed=True,
        )
    )
    canvas.over(lining, main * 0.22 * falling(lining, 1.4, 0.7) * weave(rng, lining, 0.05))
    tongue = canvas.shape(
        spline(
            [(-0.125, -0.235), (-0.060, -0.275), (-0.020, -0.255), (0.085, -0.105), (0.10, -0.02), (-0.09, -0.12)],
            closed=True,
        )
    )
    canvas.over(tongue, main * 0.75 * rounding(tongue, 0.025, canvas.unit, rim=0.55) * weave(rng, tongue, 0.05))


def _upper(canvas: Canvas, rng: np.random.Generator, main: Array, accent: Array) -> None:
    lace_side = [(-0.085, -0.215), (0.02, -0.120), (0.130, -0.035)]
    toe = [(0.130, -0.035), (0.27, 0.008), (0.40, 0.062), (0.480, 0.130), (0.500, 0.205)]
    outline = path(
        _TOP,
        lace_side,
        toe,
        [(0.500, 0.205), (-0.462, 0.215)],
        [(-0.462, 0.215), (-0.478, 0.10), (-0.455, -0.05), (-0.445, -0.165)],
    )
    upper = canvas.shape(outline)
    light = rounding(upper, 0.06, canvas.unit, rim=0.5) * falling(upper, 1.12, 0.78)
    canvas.over(upper, main * light * folds(rng, upper, across=2.4, down=2.4, depth=0.09) * weave(rng, upper, 0.06))
    heel = spline([(-0.452, -0.090), (-0.375, -0.055), (-0.325, 0.06), (-0.275, 0.215)])
    cap = spline([(0.285, 0.014), (0.300, 0.10), (0.325, 0.215)])
    _panel(canvas, rng, np.concatenate([heel, [(-0.462, 0.215), (-0.476, 0.10)]]), accent, heel)
    _panel(canvas, rng, np.concatenate([cap, [(0.500, 0.205)], spline(toe[1:])[::-1]]), accent, cap)
    stay = spline([(-0.105, -0.165), (0.0, -0.062), (0.105, 0.018), (0.165, 0.010)])
    _panel(canvas, rng, np.concatenate([spline(lace_side), stay[::-1]]), accent * 0.9, stay)
    for offset in (0.0, 0.075):
        stripe = spline([(-0.235 + offset, 0.215), (-0.150 + offset, 0.10), (-0.095 + offset, -0.035)])
        _panel(canvas, rng, stroke(stripe, (0.050, 0.042, 0.030)), accent, None)
    collar = spline(_TOP)
    rim = canvas.shape(stroke(moved(collar, 0.004, 0.012), 0.026))
    canvas.over(rim, main * 0.82 * rounding(rim, 0.013, canvas.unit, rim=0.5))
    pull = canvas.shape(stroke(spline([(-0.446, -0.16), (-0.468, -0.205), (-0.440, -0.222), (-0.425, -0.18)]), 0.014))
    canvas.over(pull, accent * 0.9 * rounding(pull, 0.007, canvas.unit, rim=0.5))


def _panel(canvas: Canvas, rng: np.random.Generator, outline: Array, colour: Array, seam: Array | None) -> None:
    patch = canvas.shape(outline)
    canvas.shade(canvas.shape(moved(outline, 0.003, 0.004), soft=0.004), 0.8)
    canvas.over(
        patch,
        colour * rounding(patch, 0.012, canvas.unit, rim=0.7) * falling(patch, 1.08, 0.85) * weave(rng, patch, 0.03),
    )
    if seam is not None:
        centre = outline.mean(axis=0)
        inside = seam + 0.05 * (centre - seam)
        canvas.over(canvas.strands(dashes(inside, 0.0020, 0.008, 0.005)).times(0.7), colour * 0.45)


def _laces(canvas: Canvas, rng: np.random.Generator, white: Array) -> None:
    for step in np.linspace(0.06, 0.94, 6):
        x, y = -0.085 + step * 0.200, -0.205 + step * 0.170
        line = spline([(x - 0.034, y + 0.052), (x + 0.005, y + 0.008), (x + 0.040, y - 0.030), (x + 0.048, y - 0.042)])
        canvas.shade(canvas.shape(stroke(moved(line, 0.004, 0.007), 0.018), soft=0.004), 0.62)
        lace = canvas.shape(stroke(line, 0.0165))
        braid = 1 + 0.10 * np.sin(900 * (lace.x - lace.y))
        canvas.over(lace, white * rounding(lace, 0.008, canvas.unit, rim=0.55) * braid[..., None] * 0.9)
        eyelet = canvas.shape(ellipse(x - 0.036, y + 0.056, 0.0075, 0.0075))
        canvas.over(eyelet, linear("#26262a") * rng.uniform(0.8, 1.1))
    for side in (-1.0, 1.0):
        bow = spline(
            [
                (-0.075, -0.205),
                (-0.06 + side * 0.03, -0.250),
                (-0.02 + side * 0.065, -0.235),
                (-0.035 + side * 0.06, -0.180),
                (-0.075, -0.200),
            ]
        )
        loop = canvas.shape(stroke(bow, 0.0120))
        canvas.over(loop, white * 0.9 * rounding(loop, 0.006, canvas.unit, rim=0.5))


def _sole(canvas: Canvas, rng: np.random.Generator) -> None:
    outline = path(
        spline([(-0.480, 0.185), (-0.30, 0.192), (0.0, 0.196), (0.30, 0.188), (0.512, 0.168)]),
        spline([(0.512, 0.168), (0.530, 0.190), (0.518, 0.222), (0.455, 0.2655)]),
        spline([(0.455, 0.2655), (0.30, 0.270), (0.0, 0.268), (-0.30, 0.270), (-0.455, 0.268)]),
        spline([(-0.455, 0.268), (-0.492, 0.258), (-0.497, 0.220), (-0.480, 0.185)]),
    )
    sole = canvas.shape(outline)
    rubber = linear("#e4e1d8") * rounding(sole, 0.020, canvas.unit, rim=0.55) * falling(sole, 1.05, 0.62)
    canvas.over(sole, rubber * (1 + 0.012 * noise(rng, sole.cover.shape, 60, 260))[..., None])
    groove = spline([(-0.484, 0.228), (-0.20, 0.234), (0.20, 0.232), (0.520, 0.210)])
    canvas.shade(canvas.shape(stroke(groove, 0.004), soft=0.001), 0.55)
    welt = spline([(-0.478, 0.187), (-0.20, 0.194), (0.20, 0.192), (0.508, 0.171)])
    canvas.shade(canvas.shape(stroke(welt, 0.006), soft=0.002), 0.5)
    tread = canvas.shape(
        path(
            [(-0.462, 0.257), (0.0, 0.259), (0.440, 0.257)],
            [(0.440, 0.257), (0.455, 0.2655), (0.30, 0.270)],
            [(0.0, 0.268), (-0.30, 0.270), (-0.455, 0.268)],
        )
    )
    canvas.over(
        tread,
        linear("#6d5844") * (0.8 + 0.25 * np.sign(np.sin(240 * tread.x)) + 0 * tread.y)[..., None].astype(np.float32),
    )
