"""The studio: paper with light falloff, the product's shadow, and the camera's grain; composited in linear light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .canvas import Canvas
from .texture import noise
from .types import Array, Sample

_PAPERS = ((0.78, 0.78, 0.77), (0.70, 0.71, 0.72), (0.80, 0.77, 0.72), (0.62, 0.64, 0.66), (0.74, 0.70, 0.68))


@dataclass(frozen=True)
class Stage:
    """How a product meets the paper.

    base: y of the ground contact in units for a standing product, None for one that lies flat.
    lift: how far a lying product is above the paper, in units; it sets the width of its shadow.
    """

    base: float | None = None
    lift: float = 0.012
    strength: float = 0.38
    grain: float = 0.0045


def photograph(canvas: Canvas, rng: np.random.Generator, stage: Stage) -> Sample:
    """Puts a drawn product on paper and takes the picture."""
    light, alpha = canvas.finish()
    height, width = alpha.shape
    paper = _paper(rng, height, width)
    shadow = _standing(alpha, stage, stage.base) if stage.base is not None else _lying(alpha, stage)
    photo = light + ((1.0 - alpha) * shadow)[..., None] * paper
    if stage.grain:
        # One channel-shared and one own part, growing with the square root of the light as photon noise does.
        shared = rng.standard_normal((height, width), dtype=np.float32)
        own = rng.standard_normal((height, width, 3), dtype=np.float32)
        photo += (0.6 * shared[..., None] + 0.8 * own) * (stage.grain * np.sqrt(np.clip(photo, 0.002, 1.0)))
    return Sample(_encode(photo), alpha, shadow, light, paper)


def _paper(rng: np.random.Generator, height: int, width: int) -> Array:
    tone = np.array(_PAPERS[int(rng.integers(len(_PAPERS)))], np.float32) * np.float32(rng.uniform(0.94, 1.06))
    unit = min(height, width)
    y = ((np.arange(height, dtype=np.float32) + 0.5) - height / 2)[:, None] / unit
    x = ((np.arange(width, dtype=np.float32) + 0.5) - width / 2)[None, :] / unit
    cx, cy = rng.uniform(-0.25, 0.1), rng.uniform(-0.35, -0.05)
    falloff = 1.0 / (1.0 + rng.uniform(0.25, 0.5) * ((x - cx) ** 2 + (y - cy) ** 2))
    wrinkle = 1.0 + 0.006 * noise(rng, (height, width), 5, 3) + 0.004 * noise(rng, (height, width), 40, 30)
    warm = np.array([0.02, 0.0, -0.02], np.float32) * (x + y)[..., None]
    return np.clip((falloff * wrinkle)[..., None] * (tone + tone * warm), 0.0, 1.0).astype(np.float32)


def _lying(alpha: Array, stage: Stage) -> Array:
    """Contact close to the outline and a wider, weaker cast, both to the lower right."""
    small, scale = _reduced(alpha)
    unit = min(small.shape)
    contact = _moved(cv2.GaussianBlur(small, (0, 0), max(0.5, 0.45 * stage.lift * unit)), 0.35 * stage.lift * unit)
    cast = _moved(cv2.GaussianBlur(small, (0, 0), max(0.8, 2.2 * stage.lift * unit)), 1.4 * stage.lift * unit)
    return _enlarged(1.0 - stage.strength * (0.55 * contact + 0.45 * cast), alpha, scale)


def _standing(alpha: Array, stage: Stage, base: float) -> Array:
    """A dark line where the product touches the ground and its picture laid down behind it to the right."""
    small, scale = _reduced(alpha)
    height, width = small.shape
    unit = min(height, width)
    ground = height / 2 + base * unit
    layers = np.zeros_like(small)
    # Farther parts of a product throw softer shadows: three bands of height with growing blur.
    for low, high, blur in ((0.0, 0.10, 0.006), (0.06, 0.3, 0.016), (0.2, 1.5, 0.035)):
        up = (ground - np.arange(height, dtype=np.float32))[:, None] / unit
        band = small * np.clip(np.minimum((up - low) / 0.05 + 1, (high - up) / 0.05 + 1), 0, 1)
        # (x, y) -> (x + 0.55 u, ground - 0.16 u) with u the height above ground.
        down = np.array([[1.0, -0.55, 0.55 * ground], [0.0, 0.16, ground * (1 - 0.16)]], np.float32)
        laid = cv2.warpAffine(band, down, (width, height), flags=cv2.INTER_AREA)
        layers = np.maximum(layers, cv2.GaussianBlur(laid, (0, 0), blur * unit))
    foot = small * np.clip(1 - np.abs(ground - np.arange(height, dtype=np.float32))[:, None] / (0.05 * unit), 0, 1)
    contact = cv2.GaussianBlur(_moved(foot, 0.006 * unit), (0, 0), 0.012 * unit)
    return _enlarged(1.0 - np.clip(stage.strength * layers + 0.8 * contact, 0, 0.85), alpha, scale)


def _reduced(alpha: Array) -> tuple[Array, float]:
    scale = min(1.0, 640 / max(alpha.shape))
    size = (max(8, round(alpha.shape[1] * scale)), max(8, round(alpha.shape[0] * scale)))
    return cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), scale


def _enlarged(shadow: Array, alpha: Array, scale: float) -> Array:
    if scale < 1.0:
        shadow = cv2.resize(shadow, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.clip(shadow, 0.0, 1.0).astype(np.float32)


def _moved(picture: Array, by: float) -> Array:
    shift = np.array([[1, 0, 0.7 * by], [0, 1, by]], np.float32)
    result: Array = cv2.warpAffine(picture, shift, picture.shape[::-1], flags=cv2.INTER_LINEAR)
    return result


def _encode(photo: Array) -> Array:
    """Linear light to 8-bit sRGB through a table of 16 bits."""
    light = np.arange(65536, dtype=np.float64) / 65535
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    table = np.rint(code * 255).astype(np.uint8)
    result: Array = table[np.rint(np.clip(photo, 0, 1) * 65535).astype(np.uint16)]
    return result
