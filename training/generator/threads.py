"""Thin things with exact alpha, which real cut-outs lack: straps, nets, fringe and hair, rings and chains.

Each is drawn as a binary shape at four times the size and averaged down, which makes its alpha exact; where strands
overlap the shape is a union. Alpha may stay below one everywhere, as in tulle.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.generator.light import F32, U8, field

OVER = 4
_SHIFT = 4


def curve(points: F32, steps: int = 40) -> F32:
    """Points (steps, 2) of the Bezier curve over control points (n, 2), by de Casteljau."""
    t = np.linspace(0, 1, steps, dtype=np.float32)[:, None, None]
    level = np.repeat(points[None], steps, axis=0)
    while level.shape[1] > 1:
        level = level[:, :-1] * (1 - t) + level[:, 1:] * t
    return level[:, 0]


def stroke(mask: U8, line: F32, width: float) -> None:
    """A line (n, 2) in pixels of the cut-out, drawn on its mask OVER times as large."""
    scaled = np.round(line * OVER * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(mask, [scaled], False, 255, max(round(width * OVER), 1), cv2.LINE_8, _SHIFT)


def straps(rng: np.random.Generator, mask: U8, side: int) -> None:
    """Handles and straps of constant width, always with a true gap."""
    for _ in range(int(rng.integers(1, 5))):
        ends = rng.uniform(0.1, 0.9, (2, 2)) * side
        middle = rng.uniform(0.0, 1.0, (2, 2)) * side
        line = curve(np.stack([ends[0], middle[0], middle[1], ends[1]]).astype(np.float32))
        stroke(mask, line, rng.uniform(1.5, 14))


def net(rng: np.random.Generator, mask: U8, side: int) -> None:
    """Mesh, tulle or lace: two thread families, finer than a pixel or coarser, inside an outline."""
    pitch, angle = rng.uniform(3, 26), rng.uniform(0, np.pi)
    width = rng.uniform(0.08, 0.35) * pitch
    wave = rng.uniform(0, 0.35) * pitch
    for turn in (angle, angle + rng.uniform(1.0, 2.1)):
        along = np.array([np.cos(turn), np.sin(turn)], np.float32)
        across = np.array([-along[1], along[0]], np.float32)
        run = np.linspace(-0.75 * side, 0.75 * side, 60, dtype=np.float32)
        for offset in np.arange(-0.75 * side, 0.75 * side, pitch):
            sway = offset + wave * np.sin(run / (pitch * 3) + offset)
            stroke(mask, side / 2 + run[:, None] * along + sway[:, None] * across, width)
    inside = np.zeros_like(mask)
    centre = int(side * OVER / 2)
    axes = tuple(int(v * side * OVER) for v in rng.uniform(0.22, 0.46, 2))
    cv2.ellipse(inside, (centre, centre), axes, rng.uniform(0, 180), 0, 360, 255, -1)
    np.minimum(mask, inside, out=mask)
    cv2.ellipse(mask, (centre, centre), axes, 0, 0, 300, 255, int(rng.uniform(2, 8) * OVER))


def fringe(rng: np.random.Generator, mask: U8, side: int) -> None:
    """A solid body from whose rim strands leave: fringe, fur, hair with fly-aways."""
    centre = rng.uniform(0.4, 0.6, 2) * side
    radius = rng.uniform(0.12, 0.28) * side
    cv2.circle(mask, (int(centre[0] * OVER), int(centre[1] * OVER)), int(radius * OVER), 255, -1)
    spread = rng.uniform(0.3, np.pi)
    first = rng.uniform(0, 2 * np.pi)
    width, length = rng.uniform(0.3, 2.2), rng.uniform(0.06, 0.25) * side
    curl = rng.normal(0, 0.25)
    for _ in range(int(rng.integers(60, 260))):
        turn = first + rng.uniform(-spread, spread)
        root = centre + radius * 0.96 * np.array([np.cos(turn), np.sin(turn)])
        heading = turn + rng.normal(0, 0.2)
        reach = length * rng.uniform(0.4, 1.3)
        middle = root + 0.5 * reach * np.array([np.cos(heading), np.sin(heading)])
        tip = middle + 0.6 * reach * np.array([np.cos(heading + curl), np.sin(heading + curl)])
        stroke(mask, curve(np.stack([root, middle, tip]).astype(np.float32), 14), width * rng.uniform(0.5, 1.3))


def rings(rng: np.random.Generator, mask: U8, side: int) -> None:
    """Rings, hoops and a chain: thin closed curves with the ground inside."""
    for _ in range(int(rng.integers(1, 4))):
        centre = tuple(int(v * side * OVER) for v in rng.uniform(0.25, 0.75, 2))
        axes = tuple(int(v * side * OVER) for v in rng.uniform(0.05, 0.28, 2))
        cv2.ellipse(mask, centre, axes, rng.uniform(0, 180), 0, 360, 255, int(rng.uniform(1.5, 16) * OVER))
    line = curve((rng.uniform(0.1, 0.9, (4, 2)) * side).astype(np.float32), int(rng.integers(20, 60)))
    link = rng.uniform(2.5, 7)
    for x, y in line:
        cv2.circle(mask, (int(x * OVER), int(y * OVER)), int(link * OVER), 255, max(int(link * OVER * 0.35), 1))


FAMILIES: dict[str, Callable[[np.random.Generator, U8, int], None]] = {
    "straps": straps,
    "net": net,
    "fringe": fringe,
    "rings": rings,
}


def threads(rng: np.random.Generator, side: int, texture: U8, family: str | None = None) -> U8:
    """A straight RGBA uint8 cut-out (side, side, 4) of one family, coloured plainly or from a photo's texture."""
    draw = FAMILIES[family or str(rng.choice(list(FAMILIES)))]
    mask = np.zeros((side * OVER, side * OVER), np.uint8)
    draw(rng, mask, side)
    alpha: F32 = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    if rng.random() < 0.2:  # a see-through thread
        alpha = alpha * rng.uniform(0.4, 0.9)
    tone = np.full(3, rng.uniform(0, 1)) if rng.random() < 0.5 else rng.uniform(0, 1, 3)
    colour = np.clip(tone * 255 * field(rng, side, 5, 0.6, 1.2)[..., None], 0, 255)
    if rng.random() < 0.4:
        colour = cv2.resize(texture, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return np.concatenate([colour, alpha[..., None]], axis=2).round().clip(0, 255).astype(np.uint8)
