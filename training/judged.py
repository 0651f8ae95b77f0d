"""The pictures a model is judged on: unseen cut-outs over five kinds of ground, and phone photos as taken.

Every composite is decided by its name alone, so two models, or one model on two days, see the same pictures. None of
the grounds comes from the training files.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from training.data import Item, cutout_items, phone_items, read_cutout, read_phone, read_rgb
from training.generator.camera import jpeg
from training.generator.grounds import paper
from training.generator.light import F32, U8, blur, field, to_linear, to_srgb
from training.generator.place import premultiplied
from training.generator.shadows import shadow

T = TypeVar("T")

SIDE = 1600
FILL = (0.6, 0.85)
"""The product's long side as a share of the picture's."""
SMALL_SIDE, SMALL_FILL = 2800, (0.22, 0.42)
"""The same for products photographed from too far away."""
PRODUCT_GROUNDS = ("white", "coloured", "same_tone", "room")
PEOPLE_GROUNDS = ("people", "white", "room", "same_tone")
GROUPS = ("white", "coloured", "same_tone", "room", "people", "phone", "empty")


@dataclass(frozen=True)
class Judged:
    """rgb uint8 (H, W, 3), truth float32 (H, W), shadow float32 (H, W) or None when it is not known."""

    group: str
    name: str
    product: str
    rgb: U8
    truth: F32
    shadow: F32 | None


def judged(
    folder: Path, *, limit: int | None = None, groups: tuple[str, ...] = GROUPS, small: bool = False
) -> Iterator[Judged]:
    """All pictures of the groups; `limit` keeps so many of each group, spread over the products, for a quick look.
    small: composites with the product small in a larger picture."""
    rooms = sorted((folder / "clothing_unlabelled").glob("*.jpg"))[::4]  # the quarter that training leaves alone
    products = spread(cutout_items(folder, "saleor", "val"), limit)
    people = spread(cutout_items(folder, "magento", "val"), limit)
    for group in groups:
        if group == "phone":
            yield from (_phone(item) for item in spread(phone_items(folder, "test"), limit))
        elif group == "empty":
            yield from (_empty(index) for index in range(8)[:limit])
        else:
            for item in people if group == "people" else products:
                yield _composite(item, group, rooms, *(SMALL_SIDE, SMALL_FILL) if small else (SIDE, FILL))


def trained(folder: Path, *, limit: int | None = None) -> Iterator[Judged]:
    """Composites of the train split, for fits that need more products than half of the validation set: every product on
    one ground in turn, forty people, some of them on the products' grounds. Never judged."""
    rooms = sorted((folder / "clothing_unlabelled").glob("*.jpg"))[::4]
    for number, item in enumerate(_each_first(cutout_items(folder, "saleor", "train"))[:limit]):
        yield _composite(item, PRODUCT_GROUNDS[number % len(PRODUCT_GROUNDS)], rooms)
    for number, item in enumerate(_each_first(cutout_items(folder, "magento", "train"))[: min(limit or 40, 40)]):
        yield _composite(item, PEOPLE_GROUNDS[number % 4] if number % 3 == 0 else "people", rooms)


def _each_first(items: Sequence[Item]) -> list[Item]:
    """The first of every product, then the second of each."""
    seen: dict[str, int] = {}
    ranks = []
    for item in items:
        seen[item.product] = seen.get(item.product, -1) + 1
        ranks.append(seen[item.product])
    return [items[place] for place in np.argsort(ranks, kind="stable")]


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` items, evenly drawn; all of them without a limit."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[number * len(items) // limit] for number in range(limit)]


def _generator(*words: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, words)).encode()))


def _phone(item: Item) -> Judged:
    rgb, mask = read_phone(item)
    return Judged("phone", item.path.stem, item.product, rgb, (mask / np.float32(255)).astype(np.float32), None)


def _empty(index: int) -> Judged:
    rng = _generator("empty", index)
    linear = paper(rng, SIDE, np.clip(rng.uniform(0.3, 0.97) + rng.normal(0, 0.03, 3), 0, 1).astype(np.float32))
    return Judged(
        "empty", f"paper-{index}", f"paper-{index}", _taken(rng, linear), np.zeros((SIDE, SIDE), np.float32), None
    )


def _composite(item: Item, group: str, rooms: list[Path], side: int = SIDE, fill: tuple[float, float] = FILL) -> Judged:
    rng = _generator(group, item.path.name)
    cutout = read_cutout(item.path)
    layer = premultiplied(cutout)
    scale = rng.uniform(*fill) * side / max(layer.shape[:2])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    layer = np.clip(cv2.resize(layer, None, fx=scale, fy=scale, interpolation=interpolation), 0, 1)
    height, width = layer.shape[:2]
    frame = np.zeros((side, side, 4), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    frame[top : top + height, left : left + width] = layer
    truth = np.ascontiguousarray(frame[..., 3])
    behind = _behind(rng, group, cutout, rooms, side)
    fallen = None
    if group != "room":
        fallen = shadow(rng, truth)
        behind = behind * (1 - fallen)[..., None]
        fallen = fallen * (truth < 0.02)
    return Judged(
        group,
        item.path.stem,
        item.product,
        _taken(rng, frame[..., :3] + behind * (1 - truth)[..., None]),
        truth,
        fallen,
    )


def _behind(rng: np.random.Generator, group: str, cutout: U8, rooms: list[Path], side: int) -> F32:
    if group == "room":
        photo = read_rgb(rooms[rng.integers(len(rooms))])
        wide = cv2.resize(to_linear(photo), (side, side), interpolation=cv2.INTER_CUBIC)
        return np.clip(blur(wide, rng.uniform(12, 30)), 0, 1)
    tone = np.full(3, rng.uniform(0.93, 1.0))
    if group in ("coloured", "people"):
        tone = rng.uniform(0.25, 0.9, 3)
    elif group == "same_tone":
        tone = np.median(cutout[..., :3][cutout[..., 3] > 250], axis=0) / 255 + rng.normal(0, 0.01, 3)
    light = field(rng, side, 3, 0.85, 1.03)
    return np.asarray(np.clip(tone, 0.01, 1) ** 2.2 * light[..., None], np.float32)


def _taken(rng: np.random.Generator, linear: F32) -> U8:
    image = to_srgb(linear) + rng.normal(0, 0.008, linear.shape).astype(np.float32)
    return jpeg((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), 92)
