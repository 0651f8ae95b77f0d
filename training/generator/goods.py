"""Goods with exact alpha that the cut-outs hardly show: knitwear, silk, eyewear, jewellery.

Shapes are drawn at several times the size and averaged down, as in `threads`; these also have skins of their own:
loops that shade each other, folds that shine up to clipped white, tinted lenses that let the ground through, metal with
hard lights.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.generator.light import F32, U8, field
from training.generator.threads import OVER, curve, stroke

METALS = ((212, 175, 85), (222, 222, 228), (205, 150, 125), (120, 116, 112))


def goods(rng: np.random.Generator, side: int, family: str | None = None) -> U8:
    """A straight RGBA uint8 cut-out (side, side, 4) of one family."""
    mask = np.zeros((side * OVER, side * OVER), np.uint8)
    colour = FAMILIES[family or str(rng.choice(list(FAMILIES)))](rng, mask, side)
    alpha: F32 = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.dstack([np.clip(colour, 0, 255), alpha]).round().astype(np.uint8)


def knit(rng: np.random.Generator, mask: U8, side: int) -> F32:
    """Rows of loops inside an outline, dense as most knitwear is, or so loose that the ground shows through. Short
    hairs stand off the rim."""
    shape = outline(rng, side)
    pitch = rng.uniform(5, 18)
    yarn = pitch * rng.uniform(0.42, 0.8)
    run = np.arange(0, side, 0.2 * pitch, dtype=np.float32)
    loop = 0.45 * pitch * np.abs(np.sin(np.pi * run / pitch)).astype(np.float32)
    for row, y in enumerate(np.arange(0, side, 0.7 * pitch)):
        shift = np.float32(0.5 * pitch * (row % 2) + rng.normal(0, 0.06 * pitch))
        stroke(mask, np.stack([run + shift, y + loop + rng.normal(0, 0.04 * pitch)], 1), yarn)
    inside = np.zeros_like(mask)
    cv2.fillPoly(inside, [(shape * OVER).round().astype(np.int32)], 255)
    lit = np.ones((side, side), np.float32)
    if rng.random() < 0.65:  # the yarn behind: darker, and as opaque
        lit = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        lit = rng.uniform(0.25, 0.85) * (1 - lit) + lit
        mask[:] = inside
    np.minimum(mask, inside, out=mask)
    stroke(mask, np.concatenate([shape, shape[:1]]), pitch * rng.uniform(0.5, 1.2))  # the hem
    for _ in range(int(rng.integers(40, 400))):
        root = shape[int(rng.integers(len(shape)))]
        bend = rng.normal(0, 0.5 * pitch, (2, 2)).astype(np.float32)
        stroke(mask, curve(np.stack([root, root + bend[0], root + bend[0] + bend[1]]), 8), rng.uniform(0.3, 0.9))
    across, down = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
    ribs = 0.82 + 0.18 * np.cos(2 * np.pi * across / pitch) * np.cos(2 * np.pi * down / (1.4 * pitch))
    return np.asarray(tone(rng) * (ribs * lit * field(rng, side, 4, 0.75, 1.1))[..., None], np.float32)


def silk(rng: np.random.Generator, mask: U8, side: int) -> F32:
    """A hanging cloth whose folds shine: light runs along them and clips to white."""
    shape = outline(rng, side)
    cv2.fillPoly(mask, [(shape * OVER).round().astype(np.int32)], 255)
    turn = rng.normal(0, 0.4)
    across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    along = across * np.cos(turn) + down * np.sin(turn) + 0.15 * (field(rng, side, 4, -1, 1))
    folds = sum(np.sin(along * rng.uniform(4, 22) + rng.uniform(0, 6)) / (k + 1) for k in range(4)) / 2
    light = np.clip(folds, 0, 1) ** rng.uniform(4, 16)
    shade = 0.8 + 0.2 * folds
    colour = tone(rng) * shade[..., None] * rng.uniform(0.7, 1.1)
    return np.asarray(colour + (255 - colour) * np.clip(light * rng.uniform(0.5, 1.6), 0, 1)[..., None], np.float32)


def eyewear(rng: np.random.Generator, mask: U8, side: int) -> F32:
    """Two lenses, tinted and see-through or clear, in a frame with a bridge and temples."""
    width, height = rng.uniform(0.13, 0.2) * side, rng.uniform(0.09, 0.17) * side
    gap, middle = rng.uniform(0.025, 0.06) * side, 0.5 * side
    power = rng.uniform(2, 5)
    angle = np.linspace(0, 2 * np.pi, 120, dtype=np.float32)
    rim = np.stack([np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power) * width,
                    np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power) * height], 1)  # fmt: skip
    thickness = rng.uniform(2, 14) if rng.random() < 0.8 else 0.8
    frame, lens = tone(rng), tone(rng)
    through = int(rng.choice((0, int(rng.uniform(40, 210)), 255), p=(0.2, 0.6, 0.2)))
    colour = np.broadcast_to(frame, (side, side, 3)).copy()
    tinted = np.zeros((side, side), np.uint8)
    lenses = [rim + np.array([middle + turn * (width + gap), middle]) for turn in (-1, 1)]
    for one in lenses:
        cv2.fillPoly(mask, [(one * OVER).round().astype(np.int32)], through)
        cv2.fillPoly(tinted, [one.round().astype(np.int32)], 1)
    colour[tinted > 0] = lens
    for one in lenses:
        stroke(mask, one.astype(np.float32), thickness)
        around = [one.round().astype(np.int32)]
        cv2.polylines(colour, around, True, tuple(map(float, frame)), max(2, int(thickness + 2)))
    lift = np.float32(rng.uniform(-0.3, 0.1) * height)
    bridge = np.array([[middle - gap, middle + lift], [middle, middle + 2 * lift], [middle + gap, middle + lift]])
    stroke(mask, curve(bridge.astype(np.float32), 20), max(thickness, 1.5))
    for turn in (-1, 1):
        hinge = np.array([middle + turn * (2 * width + gap), middle - 0.3 * height])
        tip = hinge + np.array([turn * rng.uniform(-0.6, 0.5) * width, -rng.uniform(0.4, 1.6) * height])
        stroke(mask, np.stack([hinge, tip]).astype(np.float32), max(thickness * 0.8, 1.2))
    return np.asarray(colour * field(rng, side, 6, 0.8, 1.15)[..., None], np.float32)


def jewellery(rng: np.random.Generator, mask: U8, side: int) -> F32:
    """A chain with a pendant, or a ring with a stone; metal with hard lights."""
    stone = np.zeros((side, side), np.uint8)
    if rng.random() < 0.6:
        ends = np.array([[rng.uniform(0.1, 0.3), rng.uniform(0.05, 0.2)], [rng.uniform(0.2, 0.45), 0.95],
                         [rng.uniform(0.55, 0.8), 0.95], [rng.uniform(0.7, 0.9), rng.uniform(0.05, 0.2)]])  # fmt: skip
        line = curve((ends * side).astype(np.float32), int(rng.integers(60, 220)))
        link = rng.uniform(1.2, 6)
        for x, y in line * OVER:
            hollow = max(1, int(link * OVER * 0.35)) if link > 2.5 else -1
            cv2.circle(mask, (int(x), int(y)), max(1, int(link * OVER)), 255, hollow)
        centre, radius = line[len(line) // 2], rng.uniform(0.02, 0.07) * side
    else:
        centre, radius = np.array([0.5, 0.25]) * side, rng.uniform(0.03, 0.08) * side
        ring = tuple(int(v * side * OVER) for v in rng.uniform(0.15, 0.27, 2))
        turn, band = rng.uniform(-20, 20), int(rng.uniform(2, 14) * OVER)
        cv2.ellipse(mask, (mask.shape[1] // 2, mask.shape[0] // 2), ring, turn, 0, 360, 255, band)
        centre = np.array([0.5 * side, 0.5 * side - ring[1] / OVER])
    corners = int(rng.integers(5, 12))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, 1)
    gem = centre + radius * np.stack([np.cos(angle), np.sin(angle)], 1)
    cv2.fillPoly(mask, [(gem * OVER).round().astype(np.int32)], 255)
    cv2.fillPoly(stone, [gem.round().astype(np.int32)], 1)
    metal = np.array(METALS[int(rng.integers(len(METALS)))], np.float32)
    lights = field(rng, side, int(rng.integers(20, 60)), -0.2, 1.2)[..., None]
    colour = metal * (0.35 + 0.75 * np.clip(lights, 0, 1)) + 255 * np.clip(lights - 0.85, 0, 1) * 3
    return np.where(stone[..., None] > 0, tone(rng) * (0.5 + lights), colour).astype(np.float32)


def outline(rng: np.random.Generator, side: int) -> F32:
    """A smooth closed outline in the middle, float32 (n, 2): broad or tall, sometimes with lobes like sleeves."""
    angle = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    radius = 1 + sum(rng.normal(0, 0.12 / k**0.5) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(2, 7))
    reach = rng.uniform(0.25, 0.42, 2) * side
    points = np.stack([np.cos(angle) * reach[0], np.sin(angle) * reach[1]], 1) * radius[:, None]
    return np.asarray(np.clip(side / 2 + points, 2, side - 3), np.float32)


def tone(rng: np.random.Generator) -> F32:
    """A colour, 0 to 255: any, or near white, or near black."""
    draw = rng.random()
    if draw < 0.25:
        return (rng.uniform(225, 250) + rng.normal(0, 3, 3)).astype(np.float32)
    if draw < 0.45:
        return (rng.uniform(8, 35) + rng.normal(0, 3, 3)).astype(np.float32)
    return rng.uniform(20, 235, 3).astype(np.float32)


FAMILIES: dict[str, Callable[[np.random.Generator, U8, int], F32]] = {
    "knit": knit,
    "silk": silk,
    "eyewear": eyewear,
    "jewellery": jewellery,
}
