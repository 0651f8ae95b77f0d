"""A folded checked scarf: hundreds of tapered strands at its ends, short hairs along its sides."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Patch
from .curves import moved, spline, stroke
from .scene import Stage
from .texture import folds, linear, rounding, weave
from .types import Array

ASPECT = (4, 5)
_PALETTES = (("#8e2b2b", "#d8c9a8", "#2c3a34"), ("#2f3f5c", "#cfd3d8", "#b0522d"), ("#c2a878", "#efe7d6", "#5b4636"))


def draw(canvas: Canvas, rng: np.random.Generator) -> Stage:
    palette = tuple(linear(code) for code in _PALETTES[int(rng.integers(len(_PALETTES)))])
    lean = rng.uniform(-0.015, 0.015)
    # The back half of the folded scarf hangs lower and to the side; the front half covers it.
    _half(canvas, rng, palette, left=-0.165 + lean, width=0.29, end=0.345, shade=0.66)
    _half(canvas, rng, palette, left=-0.105 - lean, width=0.30, end=0.235, shade=1.0)
    return Stage(lift=0.016, strength=0.4)


def _half(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: tuple[Array, ...],
    *,
    left: float,
    width: float,
    end: float,
    shade: float,
) -> None:
    right = left + width
    bow = rng.uniform(-0.010, 0.010, 4)
    left_side = spline([(left + 0.02, -0.520), (left + bow[0], -0.25), (left + bow[1], 0.0), (left, end)])
    right_side = spline([(right - 0.02, -0.520), (right + bow[2], -0.25), (right + bow[3], 0.0), (right, end)])
    top = spline([(left + 0.02, -0.520), (left + 0.08, -0.536), (right - 0.08, -0.536), (right - 0.02, -0.520)])
    _hairs(canvas, rng, (left_side, right_side), palette[0] * shade)
    _strands(canvas, rng, palette, left, right, end, shade)
    cloth = canvas.shape(np.concatenate([top, right_side[1:], left_side[::-1][:-1]]))
    canvas.shade(canvas.shape(np.concatenate([right_side, moved(right_side, 0.012, 0.004)[::-1]]), soft=0.005), 0.7)
    pattern = _check(cloth, palette, left)
    surface = folds(rng, cloth, across=5, down=1.2, depth=0.22) * rounding(cloth, 0.03, canvas.unit, rim=0.6)
    canvas.over(cloth, pattern * surface * shade * weave(rng, cloth, 0.07))


def _check(cloth: Patch, palette: tuple[Array, ...], left: float) -> Array:
    """Warp and weft stripes; where they cross, a twill shows both."""
    across, down = (cloth.x - left) / 0.15 % 1.0, cloth.y / 0.15 % 1.0
    wide = 0.5 * ((across < 0.28).astype(np.float32) + (down < 0.28).astype(np.float32))
    thin = 0.5 * ((np.abs(across - 0.62) < 0.03).astype(np.float32) + (np.abs(down - 0.62) < 0.03).astype(np.float32))
    colour = palette[0] * (1 - wide)[..., None] + palette[1] * wide[..., None]
    mixed: Array = colour * (1 - thin)[..., None] + palette[2] * thin[..., None]
    return mixed


def _strands(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: tuple[Array, ...],
    left: float,
    right: float,
    end: float,
    shade: float,
) -> None:
    groups = 21
    for group in range(groups):
        x = left + (right - left) * (group + 0.5) / groups
        colour = palette[1] if (x - left) / 0.15 % 1.0 < 0.28 else palette[0]
        sway, long = rng.normal(scale=0.012), rng.uniform(0.125, 0.155)
        for shift in (0.55, 0.8, 1.0, 1.15):
            lines = []
            for _ in range(4):
                start = x + rng.uniform(-0.5, 0.5) * (right - left) / groups
                tip = x + sway + rng.normal(scale=0.010)
                reach = end + long * rng.uniform(0.78, 1.08)
                line = spline(
                    [
                        (start, end - 0.01),
                        (x + rng.normal(scale=0.003), end + 0.03),
                        (0.5 * (x + tip) + rng.normal(scale=0.006), end + 0.6 * long),
                        (tip, reach),
                    ]
                )
                lines.append(stroke(line, (0.0036, 0.0034, 0.0028, 0.0008)))
            canvas.over(canvas.strands(lines), colour * (shade * shift))
        knot = canvas.shape(
            spline(
                [
                    (x - 0.005, end + 0.014),
                    (x + 0.005, end + 0.014),
                    (x + 0.006, end + 0.034),
                    (x - 0.006, end + 0.034),
                ],
                closed=True,
            )
        )
        canvas.over(knot, colour * shade * rounding(knot, 0.006, canvas.unit, rim=0.5))


def _hairs(canvas: Canvas, rng: np.random.Generator, sides: tuple[Array, Array], colour: Array) -> None:
    lines = []
    for side, outward in zip(sides, (-1.0, 1.0), strict=True):
        for x, start in side[rng.integers(0, len(side), 160)]:
            reach, drop = rng.uniform(0.001, 0.006), rng.normal(scale=0.003)
            y = start + rng.uniform(-0.01, 0.01)
            lines.append(
                stroke(
                    spline(
                        [
                            (x - outward * 0.004, y),
                            (x + outward * 0.5 * reach, y + 0.3 * drop),
                            (x + outward * reach, y + drop),
                        ]
                    ),
                    (0.0007, 0.0003),
                )
            )
    canvas.over(canvas.strands(lines), colour)
