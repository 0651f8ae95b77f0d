"""What the product stands on: a colour, a gradient, procedural paper or a picture.

Same template, size and SKU: same bytes.
"""

from __future__ import annotations

import hashlib

import cv2
import numpy as np

from services.compose import backdrop
from services.compose.template import Background

TILE = 2048  # the paper's tooth repeats after this many pixels; only canvases beyond it ever show the seam's period
TOOTH = ((0.7, 0.5), (2.2, 0.7), (7.0, 0.45))  # (grain size in pixels at 2048, weight): fibre, tooth, cloud
TOOTH_LEVELS = 7.0  # standard deviation, in 8-bit levels, of paper at strength 1
FALLOFF_LEVELS = 40.0  # darkening of the far corners, in 8-bit levels, at falloff 1
BAND = 256


def make(rules: Background, width: int, height: int, sku: str) -> np.ndarray | None:
    """uint8 (height, width, 3), encoded sRGB; None for a transparent background."""
    match rules.kind:
        case "solid":
            return np.full((height, width, 3), rules.colour, np.uint8)
        case "gradient":
            return _gradient(rules, width, height)
        case "paper":
            return _paper(rules, width, height, sku)
        case "image":
            if rules.tile is None:
                return backdrop.cover(rules.picture, width, height)
            return backdrop.tiles(rules.picture, width, height, max(1, round(rules.tile * width)))
    return None


def _gradient(rules: Background, width: int, height: int) -> np.ndarray:
    first, last = (np.array(colour, np.float32) for colour in (rules.colour, rules.to))
    grain = _grain(_seed("gradient"), height=min(height, TILE), width=min(width, TILE))
    out = np.empty((height, width, 3), np.uint8)
    for y0 in range(0, height, BAND):
        y1 = min(y0 + BAND, height)
        if rules.direction == "radial":
            t = np.sqrt(np.minimum(_from_centre(y0, y1, width, height), 1.0))
        elif rules.direction == "horizontal":
            t = np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32), (y1 - y0, width))
        else:
            down = np.linspace(0, 1, height, dtype=np.float32)[y0:y1, None]
            t = np.broadcast_to(down, (y1 - y0, width))
        # Half a level of grain hides the bands that 8 bits would show.
        colour = first + (last - first) * t[..., None] + _rows(grain, y0, y1, width)[..., None]
        out[y0:y1] = np.rint(colour.clip(0, 255))
    return out


def _paper(rules: Background, width: int, height: int, sku: str) -> np.ndarray:
    tooth = _tooth(_seed(f"paper:{sku}" if rules.seed_by_sku else "paper"), rules, max(width, height))
    out = np.empty((height, width, 3), np.uint8)
    base = np.array(rules.colour, np.float32)
    for y0 in range(0, height, BAND):
        y1 = min(y0 + BAND, height)
        light = _rows(tooth, y0, y1, width)
        if rules.falloff:
            light = light - FALLOFF_LEVELS * rules.falloff * _from_centre(y0, y1, width, height)
        out[y0:y1] = np.rint((base + light[..., None]).clip(0, 255))
    return out


def _tooth(seed: np.random.Generator, rules: Background, long_side: int) -> np.ndarray:
    """float32 (n, n), at most TILE, in 8-bit levels, mean 0; its edges fit together, so it can be laid side by side."""
    side = min(TILE, long_side)
    zoom = rules.texture_scale * long_side / 2048
    total = np.zeros((side, side), np.float32)
    for size, weight in TOOTH:
        sigma = max(size * zoom, 0.3)
        pad = min(int(np.ceil(4 * sigma)), side)
        noise = seed.random((side, side), np.float32) - 0.5
        wrapped = cv2.copyMakeBorder(noise, pad, pad, pad, pad, cv2.BORDER_WRAP)
        soft = cv2.GaussianBlur(wrapped, (0, 0), sigma)[pad:-pad, pad:-pad]
        total += weight * (soft - soft.mean()) / max(float(soft.std()), 1e-6)
    # Light rakes over real paper: a relief seen from one side reads as tooth, plain noise as dirt.
    relief = total - np.roll(total, (1, 1), (0, 1))
    mixed = 0.75 * relief / max(float(relief.std()), 1e-6) + 0.25 * total / max(float(total.std()), 1e-6)
    return (mixed * (TOOTH_LEVELS * rules.texture)).astype(np.float32)


def _grain(seed: np.random.Generator, height: int, width: int) -> np.ndarray:
    return seed.random((height, width), np.float32) - 0.5


def _rows(tile: np.ndarray, y0: int, y1: int, width: int) -> np.ndarray:
    rows = np.arange(y0, y1) % tile.shape[0]
    return np.asarray(tile[rows][:, np.arange(width) % tile.shape[1]])


def _from_centre(y0: int, y1: int, width: int, height: int) -> np.ndarray:
    """Squared distance from the centre, 1 in the corners; float32 (y1 - y0, width)."""
    y = (np.arange(y0, y1, dtype=np.float32) + 0.5) / height * 2 - 1
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    return np.asarray((y[:, None] ** 2 + x[None] ** 2) / 2)


def _seed(text: str) -> np.random.Generator:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
