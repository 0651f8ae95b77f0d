"""Product photos whose shadow is known: two coloured lights that cast, ambient light with contact, on studio paper.

Light adds up, so it is done in linear light; the truth is what an editor's multiply layer would have to hold, the ratio
of encoded values (compare services.matting.shadow).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.parts.composites import to_encoded, to_linear

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

PAPERS = ("flat", "sweep", "cove")
# How much darker the wall is than the floor, and how softly the floor rises into it, in half frames.
_WALLS = {"sweep": (0.16, 0.18), "cove": (0.18, 0.15)}
RING = 4  # pixels around the product that are left out: they mix product and paper
# (share of the light, colour, sideways run and depth of the shadow per height of the product, blur in long sides)
LIGHTS = (
    (0.34, (1.0, 0.95, 0.88), 0.55, 0.30, 0.010),
    (0.24, (0.90, 0.96, 1.0), -0.45, 0.22, 0.016),
)
AMBIENT = 0.42


@dataclass(frozen=True)
class Lit:
    """rgb uint8 (H, W, 3); alpha float32 (H, W); truth float32 (H, W, 3): multiply map, 1 without shadow; paper float32
    (H, W, 3): the clean paper, linear light; inside, clear bool (H, W): in the shadow, and on paper without any."""

    rgb: U8
    alpha: F32
    truth: F32
    paper: F32
    inside: NDArray[np.bool_]
    clear: NDArray[np.bool_]


def bottle(side: int = 500) -> U8:
    """A drawn cut-out with a handle: RGBA uint8."""
    rgba = np.zeros((side, side, 4), np.uint8)
    rgba[..., :3] = np.linspace((150, 40, 60), (70, 20, 40), side).astype(np.uint8)[None]
    shoulder = [(0.64, 0.02), (0.64, 0.25), (0.82, 0.42), (0.82, 0.99)]
    outline = np.array(shoulder + [(1 - x, y) for x, y in reversed(shoulder)])
    grown = 4
    mask = np.zeros((side * grown, side * grown), np.uint8)
    cv2.fillPoly(mask, [np.round(outline * side * grown).astype(np.int32)], 255)
    cv2.circle(mask, (int(0.5 * side * grown), int(0.62 * side * grown)), int(0.14 * side * grown), 0, -1)
    rgba[..., 3] = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA)
    return rgba


def photo(
    cutout: U8,
    paper: str = "flat",
    *,
    side: int = 900,
    fill: float = 0.5,
    foot: float = 0.74,
    shadow: bool = True,
    tone: float = 0.74,
    noise: float = 0.006,
    jpeg: int = 93,
    seed: int = 0,
) -> Lit:
    """A square photo of `cutout` (RGBA uint8, straight). fill: share of the side its longer side takes; foot: height of
    its base from the top, as a share; tone: the paper's linear light; noise: encoded sigma at mid grey."""
    rng = np.random.default_rng(seed)
    product, box = _place(cutout, side, fill, foot)
    alpha = np.ascontiguousarray(product[..., 3])
    clean = np.minimum(_paper(paper, side, tone, rng), 1)
    light = _light(alpha, box, side) if shadow else np.ones((side, side, 3), np.float32)
    bounce = cv2.GaussianBlur(product[..., :3], (0, 0), 0.03 * side) * np.float32(0.04)
    lit = clean * light * (1 + bounce) if shadow else clean
    linear = product[..., :3] + lit * (1 - alpha[..., None])
    truth = np.minimum(to_encoded(lit) / to_encoded(clean), 1).astype(np.float32)
    outside = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((2 * RING + 1, 2 * RING + 1), np.uint8)) == 0
    darkest = truth.min(2)
    return Lit(
        _expose(linear, rng, noise, jpeg), alpha, truth, clean, outside & (darkest < 0.98), outside & (darkest > 0.998)
    )


def errors(layer: U8, lit: Lit) -> tuple[float, float]:
    """RMSE of a layer (uint8, any size) inside the shadow, and its mean darkness on clear paper; 8-bit levels."""
    height, width = lit.alpha.shape
    full = cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    wrong = (full - 255 * lit.truth)[lit.inside]
    return float(np.sqrt((wrong**2).mean())), float((255 - full[lit.clear]).mean())


def best_drop_shadow(lit: Lit) -> float:
    """RMSE inside the shadow of the best soft copy of the silhouette: every offset and blur of a grid, each with the
    strength, per channel, that fits the truth best. No template could choose better."""
    side = 300
    alpha, truth = (cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in (lit.alpha, lit.truth))
    inside = cv2.resize(lit.inside.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
    wanted = 255 * (1 - truth[inside])
    best = np.inf
    for sigma in (0.005, 0.01, 0.02, 0.035, 0.05, 0.08):
        soft = cv2.GaussianBlur(alpha, (0, 0), sigma * side)
        for dx in np.linspace(-0.09, 0.09, 9):
            for dy in np.linspace(-0.06, 0.09, 7):
                move = np.array([[1, 0, dx * side], [0, 1, dy * side]], np.float32)
                drop = cv2.warpAffine(soft, move, (side, side))[inside][:, None]
                strength = (drop * wanted).sum(0) / max(float((drop**2).sum()), 1e-6)
                best = min(best, float(np.sqrt(((wanted - drop * strength) ** 2).mean())))
    return best


def _place(cutout: U8, side: int, fill: float, foot: float) -> tuple[F32, tuple[int, int, int, int]]:
    """Premultiplied linear RGBA (side, side, 4), and the product's box: left, top, right, bottom."""
    scale = fill * side / max(cutout.shape[:2])
    width, height = max(1, round(cutout.shape[1] * scale)), max(1, round(cutout.shape[0] * scale))
    straight = np.dstack([to_linear(cutout[..., :3]), cutout[..., 3].astype(np.float32) / 255])
    straight[..., :3] *= straight[..., 3:]
    small = cv2.resize(straight, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (side - width) // 2, max(0, round(foot * side) - height)
    canvas = np.zeros((side, side, 4), np.float32)
    canvas[top : top + height, left : left + width] = small[: side - top]
    return canvas, (left, top, left + width, top + height)


def _paper(kind: str, side: int, tone: float, rng: np.random.Generator) -> F32:
    """Linear light (side, side, 3): uneven light with a vignette and grain; "sweep" rises into a darker wall over a
    soft horizon, "cove" over a sharper one."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    light = tone * (1 - 0.05 * x - 0.04 * y - 0.06 * (x * x + y * y) / 2)
    if kind in _WALLS:
        darker, soft = _WALLS[kind]
        light = light * (1 - darker / (1 + np.exp((y + 0.15) / soft)))
    elif kind not in PAPERS:
        raise ValueError(f"no paper {kind!r}; one of {PAPERS}")
    grain = 1 + 0.012 * cv2.GaussianBlur(rng.normal(0, 1, (side, side)).astype(np.float32), (0, 0), 0.8)
    return np.asarray((light * grain)[..., None] * np.float32([1, 0.985, 0.96]), np.float32)


def _light(alpha: F32, box: tuple[int, int, int, int], side: int) -> F32:
    """Share of the full light that reaches the paper, float32 (H, W, 3)."""
    _, _, _, base = box
    foot = np.where(np.arange(side)[:, None] > base - 0.03 * side, alpha, 0).astype(np.float32)
    near = 0.75 * np.clip(1.6 * cv2.GaussianBlur(foot, (0, 0), 0.008 * side), 0, 1)
    wide = 0.35 * cv2.GaussianBlur(alpha, (0, 0), 0.035 * side)
    got = AMBIENT * (1 - near) * (1 - wide)
    total = np.float32([AMBIENT] * 3)
    light = np.repeat(got[..., None], 3, 2)
    for share, colour, lean, depth, blur in LIGHTS:
        # A point h above the base falls to (x + lean h, base - depth h).
        cast = np.array([[1, -lean, lean * base], [0, depth, base * (1 - depth)]], np.float32)
        flat = cv2.warpAffine(alpha, cast, (side, side), flags=cv2.INTER_LINEAR)
        seen = 1 - cv2.GaussianBlur(flat, (0, 0), blur * side)
        light += share * seen[..., None] * np.float32(colour)
        total = total + share * np.float32(colour)
    return np.asarray(light / total, np.float32)


def _expose(linear: F32, rng: np.random.Generator, noise: float, jpeg: int) -> U8:
    level = np.sqrt(np.clip(linear, 0.0004, 1) / 0.21) * noise * 0.42
    seen = to_encoded(linear + rng.normal(0, 1, linear.shape).astype(np.float32) * level)
    encoded = (seen * 255 + 0.5).astype(np.uint8)
    if jpeg >= 100:
        return encoded
    _, data = cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, jpeg])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])
