"""Twelve ways to photograph a product, as composites with exact alpha and colours.

Real mattes (../shared/data/alphamatting, 5 to 9 MP, reduced) with the colours of their own photos over made paper:
falloff, tint, soft shadow, shot noise, 8 bits; mixed in linear light, but for the scenario that says otherwise. The
trimap's unknown band is the mixed pixels, grown by 0.22 % of the root of the area. Foreground colours come from photos
of half a megapixel and get a fine texture; there is no lens blur.
"""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.matting.arrays import LINEAR, encode
from tests.parts import composites
from tests.unit.matting import scenes

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
CODES: F32 = (np.arange(256) / 255).astype(np.float32)
_CONTRAST = 0.35
MADE = ("mesh", "fringe")  # fabrics without public truth


@dataclass(frozen=True)
class Setting:
    """paper: linear light. shadow, contact: light that the soft cast and the contact shadow take away at most. noise:
    in sigmas of a good camera. product: "own" colours, "white" as the paper, or "dark". band: width of the unknown band
    against the usual one. jpeg: quality. curve: a camera's S-curve on the encoded values. shift: of the trimap, pixels.
    encoded: mixed in encoded values, as picture editors do."""

    paper: float = 0.82
    shadow: float = 0.2
    contact: float = 0.0
    noise: float = 1.0
    product: str = "own"
    band: float = 1.0
    jpeg: int = 100
    curve: bool = False
    shift: int = 0
    encoded: bool = False


SETTINGS = {
    "mild shadow": Setting(),
    "no shadow": Setting(shadow=0),
    "strong and contact shadow": Setting(shadow=0.5, contact=0.6),
    "noise x 3": Setting(noise=3),
    "white on white": Setting(product="white"),
    "dark product": Setting(product="dark"),
    "band x 4": Setting(band=4),
    "grey paper": Setting(paper=0.25),
    "JPEG 85": Setting(jpeg=85),
    "camera S-curve": Setting(curve=True),
    "trimap off by 3 px": Setting(shift=3),
    "mixed in sRGB": Setting(encoded=True),
}


@dataclass(frozen=True)
class Scene:
    """rgb uint8 (H, W, 3); alpha float32 (H, W); product and background float32 (H, W, 3), the true colours in the
    light that mixes; trimap uint8 (H, W); lut float32 (256,), code to the light that mixes."""

    rgb: U8
    alpha: F32
    product: F32
    background: F32
    trimap: U8
    lut: F32


def names(split: str) -> list[str]:
    """Mattes of "pick" (parameters were fixed on these), "report", or "all"; those that are made count as report."""
    folder = composites.data_dir() / "alphamatting" / "gt_training_highres"
    found = sorted(path.stem for path in folder.glob("*.png"))
    return [name for n, name in enumerate(found) if split == "all" or n % 2 == (split == "report")]


def build(name: str, setting: Setting, megapixels: float) -> Scene:
    """One composite; the same at every call."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {megapixels}".encode()))
    alpha, product = _made(name, megapixels, rng) if name in MADE else _real(name, megapixels, rng)
    height, width = alpha.shape
    side = (height * width) ** 0.5
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    tilt, turn = rng.uniform(0.03, 0.12), rng.uniform(0, 2 * np.pi)
    light = 1 - tilt * (np.cos(turn) * x + np.sin(turn) * y + 1) / 2 - 0.04 * (x * x + y * y)
    paper = (setting.paper * light)[..., None] * (1 + rng.normal(0, 0.01, 3)).astype(np.float32)
    lit = paper * (1 - _shadow(alpha, setting, side, rng))[..., None]
    if setting.product == "white":
        product = setting.paper * (0.88 + 0.14 * product)
    elif setting.product == "dark":
        product = 0.12 * product
    lut = CODES if setting.encoded else _undone(_CONTRAST) if setting.curve else LINEAR
    if setting.encoded:
        product, lit = encode(product), encode(lit)
    mixed = alpha[..., None] * product + (1 - alpha[..., None]) * lit
    linear = composites.to_linear(np.rint(mixed * 255).astype(np.uint8)) if setting.encoded else mixed
    sigma = 0.0025 * setting.noise * np.sqrt(np.clip(linear, 0.0004, 1) / 0.21)
    grain = rng.normal(0, 1, mixed.shape).astype(np.float32) * sigma
    codes = encode(linear + grain)
    if setting.encoded:
        codes = np.clip(mixed + codes - encode(linear), 0, 1)
    if setting.curve:
        codes = _curved(codes, _CONTRAST)
    rgb = np.rint(codes * 255).astype(np.uint8)
    if setting.jpeg < 100:
        rgb = _jpeg(rgb, setting.jpeg)
    colours = product.astype(np.float32), lit.astype(np.float32)
    return Scene(np.ascontiguousarray(rgb), alpha, *colours, _trimap(alpha, setting, side), lut)


def _real(name: str, megapixels: float, rng: np.random.Generator) -> tuple[F32, F32]:
    folder = composites.data_dir() / "alphamatting"
    matte = cv2.imread(str(folder / "gt_training_highres" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    photo = cv2.imread(str(folder / "input_training_lowres" / f"{name}.png"))
    assert matte is not None and photo is not None
    scale = (megapixels * 1e6 / matte.size) ** 0.5
    size = round(matte.shape[1] * scale), round(matte.shape[0] * scale)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    alpha = np.clip(cv2.resize(matte.astype(np.float32) / 255, size, interpolation=method), 0, 1)
    colours = composites.to_linear(np.ascontiguousarray(photo[..., ::-1]))
    return alpha, _spread(cv2.resize(colours, size, interpolation=cv2.INTER_LINEAR), alpha, rng)


def _made(name: str, megapixels: float, rng: np.random.Generator) -> tuple[F32, F32]:
    side = round((megapixels * 1e6) ** 0.5)
    alpha = getattr(scenes, name)(side)
    cloth = cv2.GaussianBlur(rng.normal(0, 1, (side, side, 1)).astype(np.float32), (0, 0), 0.03 * side)
    tone = 1 + 0.4 * cloth / max(float(np.abs(cloth).max()), 1e-6)
    return alpha, _textured(np.array((0.30, 0.08, 0.12), np.float32) * tone[..., None], rng)


def _spread(colours: F32, alpha: F32, rng: np.random.Generator) -> F32:
    """The opaque colours carried outwards: near ones first, where there are any."""
    weight = (cv2.erode(alpha, np.ones((3, 3), np.uint8)) > 0.98).astype(np.float32)
    out, done = colours * weight[..., None], weight.copy()
    sigma = 2.0
    while done.min() < 0.999 and sigma < max(alpha.shape):
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        mean = cv2.GaussianBlur(colours * weight[..., None], (0, 0), sigma) / np.maximum(near, 1e-6)[..., None]
        take = (1 - done) * np.clip(near / 0.02, 0, 1)
        out += take[..., None] * mean
        done += take
        sigma *= 2
    return _textured(out / np.maximum(done, 1e-3)[..., None], rng)


def _textured(colours: F32, rng: np.random.Generator) -> F32:
    fine = cv2.GaussianBlur(rng.normal(0, 0.1, colours.shape[:2]).astype(np.float32), (0, 0), 0.8)
    return np.asarray(np.clip(colours * (1 + fine[..., None]), 0.002, 1), np.float32)


def _shadow(alpha: F32, setting: Setting, side: float, rng: np.random.Generator) -> F32:
    """Share of light taken away: a soft cast shadow to one side, and a dark line close under the product."""
    height, width = alpha.shape
    away = _moved(rng.uniform(-0.06, 0.06) * side, rng.uniform(0.01, 0.05) * side)
    cast = cv2.GaussianBlur(cv2.warpAffine(alpha, away, (width, height)), (0, 0), 0.03 * side) * setting.shadow
    under = _moved(0, 0.008 * side)
    contact = cv2.GaussianBlur(cv2.warpAffine(alpha, under, (width, height)), (0, 0), 0.006 * side)
    return np.asarray(1 - (1 - cast) * (1 - setting.contact * contact), np.float32)


def _moved(across: float, down: float) -> F32:
    return np.array([[1, 0, across], [0, 1, down]], np.float32)


def _curved(codes: F32, contrast: float) -> F32:
    """The S-curve of picture editors on encoded values."""
    return np.asarray(codes + contrast * (codes * codes * (3 - 2 * codes) - codes), np.float32)


def _undone(contrast: float) -> F32:
    """uint8 code to the light before the curve, float32 (256,)."""
    fine = np.linspace(0, 1, 4097, dtype=np.float32)
    before = np.interp(CODES, _curved(fine, contrast), fine)
    return np.interp(before, CODES, LINEAR).astype(np.float32)


def _trimap(alpha: F32, setting: Setting, side: float) -> U8:
    mixed = ((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8)
    reach = max(1, round(0.0022 * side * setting.band))
    unknown = cv2.dilate(mixed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    trimap = np.where(unknown > 0, 128, np.where(alpha > 0.5, 255, 0)).astype(np.uint8)
    if setting.shift:
        off = _moved(setting.shift, setting.shift)
        trimap = cv2.warpAffine(
            trimap, off, trimap.shape[::-1], flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
    return np.asarray(trimap, np.uint8)


def _jpeg(rgb: U8, quality: int) -> U8:
    stored, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert stored
    read = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert read is not None
    return np.asarray(read[..., ::-1])


def described(setting: Setting) -> str:
    """What differs from the usual setting."""
    usual = dataclasses.asdict(Setting())
    return ", ".join(f"{key} {value}" for key, value in dataclasses.asdict(setting).items() if value != usual[key])
