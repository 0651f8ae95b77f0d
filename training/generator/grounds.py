"""What lies behind a product: papers, overexposed studio white, same-tone grounds, blurred rooms, textures. All in
linear light.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from training.generator.light import F32, U8, blur, field, pick, to_linear

TONES = ("white", "grey", "coloured", "same_tone", "room", "texture", "studio")
_SHARES = (0.14, 0.10, 0.12, 0.22, 0.16, 0.12, 0.14)


def ground(
    rng: np.random.Generator, side: int, photos: Sequence[U8], product: U8 | None, kind: str | None = None
) -> F32:
    """A background (side, side, 3) in linear light, in [0,1] but for "studio", which may be brighter.

    `product` is the RGBA cut-out whose colours a same-tone ground copies; without one (an empty scene) it is white.
    """
    kind = kind or str(rng.choice(TONES, p=_SHARES))
    if kind in ("room", "texture"):
        return photo_ground(rng, side, photos, blurred=kind == "room")
    if kind == "studio":
        return studio(rng, side)
    return paper(rng, side, _tone(rng, kind, product))


def _tone(rng: np.random.Generator, kind: str, product: U8 | None) -> F32:
    """Encoded colour of the paper in [0,1], shape (3,)."""
    if kind == "grey":
        tone = rng.uniform(0.08, 0.9) + rng.normal(0, 0.03, 3)
    elif kind == "coloured":
        tone = rng.uniform(0.05, 0.95, 3)
    elif kind == "same_tone" and product is not None:
        solid = product[..., :3][product[..., 3] > 250]
        pixel = solid[rng.integers(len(solid))] if len(solid) else np.full(3, 240)
        tone = pixel / 255 + rng.normal(0, 0.006) + rng.normal(0, 0.012, 3)
    else:
        tone = rng.uniform(0.8, 1.0) + rng.normal(0, 0.008, 3)
    return np.clip(tone, 0.01, 1).astype(np.float32)


def paper(rng: np.random.Generator, side: int, tone: F32) -> F32:
    """A sheet of one colour with the light falling off, sometimes a seam or table edge, sometimes grain."""
    linear = np.power(tone, 2.2, dtype=np.float32)
    shade = field(rng, side, 3, 0.72, 1.06) if rng.random() < 0.75 else np.ones((side, side), np.float32)
    if rng.random() < 0.25:
        seam = np.ones((side, side), np.float32)
        seam[int(rng.uniform(0.4, 0.95) * side) :] = rng.uniform(0.65, 1.15)
        shade = shade * blur(seam, rng.uniform(0.5, 0.03 * side) if rng.random() < 0.7 else 0)
    if rng.random() < 0.35:
        grain = rng.standard_normal((side // 2, side // 2), dtype=np.float32)
        grain = blur(grain, rng.uniform(0.4, 3)) * rng.uniform(0.01, 0.1)
        shade = shade * (1 + cv2.resize(grain, (side, side)))
    return np.clip(linear * shade[..., None], 0, 1)


def studio(rng: np.random.Generator, side: int) -> F32:
    """White lit until the sensor clips, as most shops photograph: nothing of it is left to see but its shadows."""
    light = field(rng, side, 3, 0.85, 1.05) if rng.random() < 0.3 else np.ones((side, side), np.float32)
    return np.repeat((light * np.float32(rng.uniform(1.0, 1.6)))[..., None], 3, 2)


def photo_ground(rng: np.random.Generator, side: int, photos: Sequence[U8], *, blurred: bool) -> F32:
    """A corner of a real photo, where floors, beds and walls are and garments seldom, enlarged to the whole ground."""
    photo = pick(rng, photos)
    height, width = photo.shape[:2]
    edge = int(rng.uniform(0.18, 0.34) * min(height, width))
    y, x = (int(rng.uniform(0, 0.08) * (length - edge)) for length in (height, width))
    if rng.random() < 0.5:
        y = height - edge - y
    if rng.random() < 0.5:
        x = width - edge - x
    part = photo[y : y + edge, x : x + edge]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    out = cv2.resize(to_linear(part), (side, side), interpolation=cv2.INTER_CUBIC)
    if blurred:
        out = blur(out, rng.uniform(0.003, 0.03) * side)
    else:  # the enlargement lost the fine grain every real surface has
        grain = rng.standard_normal((side, side), dtype=np.float32)
        out = out * (1 + blur(grain, rng.uniform(0.5, 1.5)) * rng.uniform(0.02, 0.2))[..., None]
    return np.asarray(np.clip(out * np.float32(rng.uniform(0.6, 1.4)), 0, 1), np.float32)
