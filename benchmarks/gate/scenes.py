"""The photos the gate is judged on: every one with exact truth, in groups, and in halves that share no product."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from selvage import samples
from tests.parts import composites

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
_T = TypeVar("_T")

GROUNDS = (*composites.GROUNDS, "room")
GROUPS = (*GROUNDS, "people", "procedural", "phone")
STUDIO = ("white", "grey", "coloured", "people", "procedural")  # what a product studio ordinarily delivers
SIDE = 1400
_CUT = 0.15  # share of a side of the cut-out that a product crossing the frame covers


@dataclass(frozen=True)
class Scene:
    """rgb uint8 (H, W, 3); truth float32 (H, W); shade float32 (H, W), share of light the shadow takes.
    half: "pick" may choose ramps, "report" may not. within: how far off the outline may be, in pixels of the hero crop;
    more than 2 where the truth itself is no better."""

    group: str
    name: str
    half: str
    rgb: U8
    truth: F32
    shade: F32
    within: int = 2


def scenes(most: int, groups: Sequence[str] = GROUPS) -> Iterator[Scene]:
    """At most `most` photos of each group, evenly drawn, the same ones every time."""
    for group in groups:
        if group in GROUNDS:
            yield from _papers(group, most)
        else:
            yield from {"people": _people, "procedural": _procedural, "phone": _phones}[group](most)


def _papers(ground: str, most: int) -> Iterator[Scene]:
    products = composites.load_cutouts("val")
    halves = _halves([_product(name) for name, _ in products])
    for name, cutout in _even(products, most):
        yield _composite(ground, name, halves[_product(name)], cutout, ground)


def _people(most: int) -> Iterator[Scene]:
    people = composites.load_cutouts("val", "magento")
    halves = _halves([_product(name) for name, _ in people])
    for number, (name, cutout) in enumerate(_even(people, most)):
        made = _composite("people", name, halves[_product(name)], cutout, GROUNDS[number % 3])
        yield _cropped(made, cutout)


def _procedural(most: int) -> Iterator[Scene]:
    for number in range(most):
        family, seed = samples.FAMILIES[number % len(samples.FAMILIES)], 100 + number // len(samples.FAMILIES)
        drawn = samples.render(family, seed, SIDE)
        yield Scene(
            "procedural", f"{family} {seed}", ("pick", "report")[seed % 2], drawn.rgb, drawn.alpha, 1 - drawn.shadow
        )


def _composite(group: str, name: str, half: str, cutout: U8, ground: str) -> Scene:
    rng = np.random.default_rng(zlib.crc32(f"{group} {name}".encode()))
    behind: str | U8 = _room(rng) if ground == "room" else ground
    made = composites.composite(cutout, rng, ground=behind, size=(SIDE, SIDE), jpeg=92)
    return Scene(group, name, half, made.rgb, made.alpha, made.shadow, 4 if group == "people" else 2)


def _cropped(scene: Scene, cutout: U8) -> Scene:
    """The frame moved to where the photographer's was: a figure that the cut-out shows cut off leaves the frame."""
    ys, xs = np.where(scene.truth > 0.5)
    solid = cutout[..., 3] > 127
    above, below = solid[0].mean() > _CUT, solid[-1].mean() > _CUT
    # The composite may be mirrored: only a figure that leaves on both sides is known to leave on either.
    beside = min(solid[:, 0].mean(), solid[:, -1].mean()) > _CUT
    window = np.s_[
        int(ys.min()) + 2 if above else 0 : int(ys.max()) - 1 if below else None,
        int(xs.min()) + 2 if beside else 0 : int(xs.max()) - 1 if beside else None,
    ]
    return replace(
        scene,
        rgb=np.ascontiguousarray(scene.rgb[window]),
        truth=np.ascontiguousarray(scene.truth[window]),
        shade=np.ascontiguousarray(scene.shade[window]),
    )


def _phones(most: int) -> Iterator[Scene]:
    folder = composites.data_dir() / "clothing"
    rows = [row for row in json.loads((folder / "manifest.json").read_text()) if row["split"] == "test"]
    for number, row in enumerate(_even(rows, most)):
        rgb, mask = _read(folder / "im" / f"{row['image']}.jpg"), _read(folder / "gt" / f"{row['image']}.png")
        truth = (mask[..., 0] / 255).astype(np.float32)
        yield Scene("phone", row["image"], ("pick", "report")[number % 2], rgb, truth, np.zeros_like(truth), 8)


def _room(rng: np.random.Generator) -> U8:
    rooms = sorted((composites.data_dir() / "clothing_unlabelled").glob("*.jpg"))
    large = cv2.resize(_read(rooms[int(rng.integers(len(rooms)))]), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), rng.uniform(6, 20)), np.uint8)


def _read(path: Path) -> U8:
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.ascontiguousarray(picture[..., ::-1])


def _product(name: str) -> str:
    """Front and back, views and colours of one product belong together."""
    model = re.match(r"([a-z]+\d+)-[a-z]+_", name)
    return model[1] if model else re.sub(r"[-_](\d|front|back)$", "", name)


def _halves(products: list[str]) -> dict[str, str]:
    return {product: ("pick", "report")[n % 2] for n, product in enumerate(sorted(set(products)))}


def _even(rows: Sequence[_T], most: int) -> list[_T]:
    count = min(most, len(rows))
    return [rows[n * len(rows) // count] for n in range(count)]
