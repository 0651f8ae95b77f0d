"""Product photos with exact truth: real cut-outs over papers (or any picture), composited in linear light.

The cut-outs are the user's own data (`../shared/data` beside the repository, or SELVAGE_DATA) and never committed.
Light falloff, cast and contact shadow with a colour bounce, sensor noise and JPEG are added; none is in the truth.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_CODES = np.arange(256, dtype=np.float64) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)
GROUNDS = ("white", "grey", "coloured", "same_tone", "black")


@dataclass(frozen=True)
class Composite:
    """rgb uint8 (H, W, 3) sRGB; alpha float32 (H, W); shadow float32 (H, W): share of light taken away, 0 under the
    opaque product; plate float32 (H, W, 3): the clean paper in linear light, clipped to [0, 1] as a camera would."""

    rgb: U8
    alpha: F32
    shadow: F32
    plate: F32


def data_dir() -> Path:
    """Where the real photos lie; skips the calling test, saying so, when they are absent."""
    place = Path(os.environ.get("SELVAGE_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
    if not place.is_dir():
        pytest.skip(f"real photos are absent ({place}); set SELVAGE_DATA")
    return place


def load_cutouts(split: str, source: str = "saleor") -> list[tuple[str, U8]]:
    """(name, RGBA uint8 cropped to the product) of one split ("train" or "val") of "saleor" or "magento"."""
    folder = data_dir() / source
    rows = json.loads((folder / "manifest.json").read_text())
    loaded = []
    for row in sorted((row for row in rows if row["split"] == split), key=lambda row: str(row["file"])):
        picture = cv2.imread(str(folder / row["file"]), cv2.IMREAD_UNCHANGED)
        assert picture is not None, row["file"]
        if picture.ndim == 3 and picture.shape[2] == 4:
            rgba = np.asarray(picture[..., [2, 1, 0, 3]], np.uint8)
            ys, xs = np.where(rgba[..., 3] > 5)
            loaded.append((Path(row["file"]).stem, rgba[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].copy()))
    return loaded


def to_linear(rgb: U8) -> F32:
    return _LINEAR[rgb]


def to_encoded(linear: F32) -> F32:
    """Linear light to sRGB in [0, 1], float32."""
    value = np.clip(linear, 0, 1)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.power(value, 1 / 2.4) - 0.055).astype(np.float32)


def composite(
    cutout: U8,
    rng: np.random.Generator,
    *,
    ground: str | U8 = "white",
    size: tuple[int, int] = (768, 768),
    shadow: bool = True,
    fill: float | None = None,
    noise: float = 0.006,
    jpeg: int = 94,
) -> Composite:
    """One photo. `cutout`: RGBA uint8, straight alpha. `ground`: a name of GROUNDS or an RGB picture.
    `fill`: share of the frame the product's longer side takes, drawn when None. `noise`: encoded sigma at mid grey."""
    premultiplied = _place(cutout, rng, size, rng.uniform(0.55, 0.85) if fill is None else fill)
    alpha = np.ascontiguousarray(premultiplied[..., 3])
    plate = np.clip(_ground(cutout, rng, ground, size), 0, 1)
    taken = _shadow(alpha, rng) if shadow else np.zeros(size, np.float32)
    tint = 1 - rng.uniform(0, 0.08, 3).astype(np.float32)
    lit = plate * (1 - taken[..., None] * tint)
    if shadow:
        lit = lit * (1 + _bounce(premultiplied, rng))
    linear = premultiplied[..., :3] + lit * (1 - alpha[..., None])
    return Composite(_expose(linear, rng, noise, jpeg), alpha, taken * (1 - alpha), plate)


def _place(cutout: U8, rng: np.random.Generator, size: tuple[int, int], fill: float) -> F32:
    """Premultiplied linear RGBA, float32 (H, W, 4), the product somewhere near the middle."""
    height, width = size
    scale = min(fill * height / cutout.shape[0], fill * width / cutout.shape[1])
    shape = max(1, round(cutout.shape[1] * scale)), max(1, round(cutout.shape[0] * scale))
    straight = np.dstack([to_linear(cutout[..., :3]), cutout[..., 3].astype(np.float32) / 255])
    straight[..., :3] *= straight[..., 3:]
    if rng.random() < 0.5:
        straight = straight[:, ::-1]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(straight), shape, interpolation=method)
    top = int((height - small.shape[0]) * rng.uniform(0.35, 0.65))
    left = int((width - small.shape[1]) * rng.uniform(0.3, 0.7))
    canvas = np.zeros((height, width, 4), np.float32)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _ground(cutout: U8, rng: np.random.Generator, ground: str | U8, size: tuple[int, int]) -> F32:
    """The clean background in linear light, float32 (H, W, 3)."""
    height, width = size
    if not isinstance(ground, str):
        scale = max(height / ground.shape[0], width / ground.shape[1])
        shape = max(width, round(ground.shape[1] * scale)), max(height, round(ground.shape[0] * scale))
        return to_linear(cv2.resize(ground, shape, interpolation=cv2.INTER_AREA)[:height, :width])
    neutral = rng.normal(0, 0.008, 3)
    if ground == "white":
        tone = rng.uniform(0.88, 1.02) + neutral
    elif ground == "grey":
        tone = rng.uniform(0.4, 0.75) + neutral
    elif ground == "black":
        tone = rng.uniform(0.05, 0.14) + neutral / 2
    elif ground == "coloured":
        tone = _hue(rng)
    elif ground == "same_tone":
        tone = np.median(cutout[cutout[..., 3] > 250][:, :3], axis=0) / 255 + rng.normal(0, 0.02, 3)
    else:
        raise ValueError(f"no ground {ground!r}; one of {GROUNDS} or a picture")
    colour = _LINEAR[np.clip(np.asarray(tone) * 255, 0, 255).astype(np.uint8)] * (1 if ground != "white" else 1.02)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle, slope, vignette = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.18), rng.uniform(0, 0.12)
    light = 1 - slope * (np.cos(angle) * x + np.sin(angle) * y) / 2 - vignette * (x * x + y * y) / 2
    return (colour * light[..., None]).astype(np.float32)


def _hue(rng: np.random.Generator) -> NDArray[np.float64]:
    hsv = np.uint8([[[rng.integers(0, 180), rng.integers(60, 150), rng.integers(120, 235)]]])  # type: ignore[arg-type]
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float64) / 255


def _shadow(alpha: F32, rng: np.random.Generator) -> F32:
    """Share of light taken away: a soft cast shadow to one side and a dark contact line under the product."""
    height, width = alpha.shape
    side = max(height, width)
    shift = np.array(
        [[1, rng.uniform(-0.15, 0.15), rng.uniform(-0.06, 0.06) * side], [0, 1, rng.uniform(0, 0.04) * side]],
        np.float32,
    )
    cast = cv2.warpAffine(alpha, shift, (width, height))
    cast = cv2.GaussianBlur(cast, (0, 0), rng.uniform(0.006, 0.03) * side) * rng.uniform(0.15, 0.45)
    ys = np.where(alpha.max(1) > 0.5)[0]
    base = int(ys.max()) if len(ys) else height
    foot = np.where(np.arange(height)[:, None] > base - 0.03 * side, alpha, 0).astype(np.float32)
    contact = cv2.GaussianBlur(foot, (0, 0), rng.uniform(0.003, 0.008) * side)
    drop = np.array([[1, 0, 0], [0, 1, 0.004 * side]], np.float32)
    contact = cv2.warpAffine(contact, drop, (width, height)) * rng.uniform(0.3, 0.7)
    return np.asarray(1 - (1 - cast) * (1 - contact), np.float32)


def _bounce(premultiplied: F32, rng: np.random.Generator) -> F32:
    """Light the product throws back on the paper: a few per cent, of its own colour, soon fading."""
    side = max(premultiplied.shape[:2])
    return np.asarray(cv2.GaussianBlur(premultiplied[..., :3], (0, 0), 0.04 * side) * rng.uniform(0, 0.06), np.float32)


def _expose(linear: F32, rng: np.random.Generator, noise: float, jpeg: int) -> U8:
    """Signal-dependent noise, 8 bits and JPEG."""
    level = np.sqrt(np.clip(linear, 0.0004, 1) / 0.21) * noise * 0.42
    grain = rng.normal(0, 1, linear.shape).astype(np.float32) * level
    encoded = (to_encoded(linear + grain) * 255 + 0.5).astype(np.uint8)
    if jpeg >= 100:
        return encoded
    ok, data = cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, jpeg])
    assert ok
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])
