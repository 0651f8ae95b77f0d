"""One training scene: a kind is drawn, its parts are composed in linear light, a camera takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.generator.camera import expose
from training.generator.fabric import fabric
from training.generator.goods import goods
from training.generator.grounds import ground
from training.generator.light import F32, U8, pick
from training.generator.phone import phone_view
from training.generator.place import bleached, place, recolour
from training.generator.plain import plain
from training.generator.shadows import shadow
from training.generator.threads import threads

KINDS = ("product", "threads", "goods", "plain", "fabric", "phone", "phone_moved", "empty", "filling")
SHARES = (0.34, 0.06, 0.06, 0.08, 0.12, 0.18, 0.04, 0.03, 0.09)

FROM_PHONE = ("phone", "phone_moved", "fabric")
"""Kinds that are made of phone photos of garments."""

WHOLE, CUT, FILLING = (0.38, 0.97), (1.1, 1.9), (1.3, 3.0)
"""The product's long side as a share of the frame: all of it in the picture, cut by the frame, a close-up."""

WHITE = 0.1
"""Share of photographed products that are made white, as many are sold; half of those lie on overexposed white."""


@dataclass(frozen=True)
class Banks:
    """What scenes are made of. Cut-outs are straight RGBA uint8; phone photos are (rgb, mask) pairs; photos rgb."""

    cutouts: Sequence[U8]
    phone: Sequence[tuple[U8, U8]]
    photos: Sequence[U8]


@dataclass(frozen=True)
class Scene:
    """A picture (S, S, 3) uint8, its alpha, the weight of each pixel in the loss, and where its shadow falls."""

    rgb: U8
    alpha: F32
    weight: F32
    shadow: F32
    kind: str


def scene(rng: np.random.Generator, banks: Banks, side: int, kind: str | None = None) -> Scene:
    """A scene of the named kind, or of one drawn by `SHARES`."""
    kind = kind or str(rng.choice(KINDS, p=SHARES))
    ones, zeros = np.ones((side, side), np.float32), np.zeros((side, side), np.float32)
    if kind == "phone":
        rgb, alpha, weight = phone_view(rng, *pick(rng, banks.phone), side)
        return Scene(rgb, alpha, weight, zeros, kind)
    if kind == "empty":
        return Scene(expose(rng, ground(rng, side, banks.photos, None)), zeros, ones, zeros, kind)
    main = _main(rng, banks, side, kind)
    tone = "texture" if kind == "phone_moved" or (kind == "fabric" and rng.random() < 0.5) else None
    if kind in ("product", "filling") and rng.random() < WHITE:
        main = bleached(rng, main)
        tone = "studio" if rng.random() < 0.5 else None
    behind = ground(rng, side, banks.photos, main, tone)
    return _compose(rng, banks, side, kind, main, behind)


def _main(rng: np.random.Generator, banks: Banks, side: int, kind: str) -> U8:
    drawn = min(side, 640)
    makers: dict[str, Callable[[], U8]] = {
        "threads": lambda: threads(rng, drawn, pick(rng, banks.photos)),
        "goods": lambda: goods(rng, drawn),
        "plain": lambda: plain(rng, drawn),
        "fabric": lambda: fabric(rng, drawn, banks.photos, [mask for _, mask in banks.phone]),
        # the garment of a phone photo on another floor; its rim is cut into, never guessed
        "phone_moved": lambda: np.dstack(pick(rng, banks.phone)),
    }
    if kind == "filling" and rng.random() < 0.4:  # boxes, cards, cloth: what has no outline of a garment to go by
        return plain(rng, 640) if rng.random() < 0.6 else goods(rng, 640, str(rng.choice(("knit", "silk"))))
    return makers[kind]() if kind in makers else pick(rng, banks.cutouts)


def _compose(rng: np.random.Generator, banks: Banks, side: int, kind: str, main: U8, behind: F32) -> Scene:
    alpha, dark = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    linear = behind
    count = 2 if kind == "product" and rng.random() < 0.12 else 1
    for index in range(count):
        cutout = main if index == 0 else pick(rng, banks.cutouts)
        low, high = FILLING if kind == "filling" else CUT if rng.random() < 0.14 else WHOLE
        layer = place(rng, cutout, side, rng.uniform(low, high))
        if rng.random() < 0.3:
            layer = recolour(rng, layer)
        own = layer[..., 3]
        if rng.random() < 0.7:
            fallen = shadow(rng, own)
            tint = (1 + rng.normal(0, 0.02, 3)).astype(np.float32)
            linear = linear * (1 - np.clip(fallen[..., None] * tint, 0, 1))
            dark = np.maximum(dark, fallen)
        linear = layer[..., :3] + linear * (1 - own)[..., None]
        alpha = own + alpha * (1 - own)
    weight = np.ones_like(alpha)
    if kind == "phone_moved":  # the moved mask is hard; only what is clear counts
        weight = ((alpha < 0.02) | (alpha > 0.98)).astype(np.float32)
    return Scene(expose(rng, linear), alpha, weight, dark * (1 - alpha), kind)
