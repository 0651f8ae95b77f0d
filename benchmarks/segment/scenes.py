"""The scenes segment profiles are fitted and judged on: real cut-outs with exact truth, and phone photos."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.parts.composites import GROUNDS, composite, data_dir, load_cutouts

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Scene = tuple[U8, F32, F32]
"""rgb uint8 (H, W, 3), true alpha float32 (H, W), true shadow float32 (H, W)."""

SIZE = (900, 900)


def papers(split: str, ground: str, count: int, seed: int, source: str = "saleor") -> Iterator[Scene]:
    """`count` products, evenly drawn, on one kind of paper."""
    cutouts = load_cutouts(split, source)
    rng = np.random.default_rng([seed, [*GROUNDS, "room"].index(ground)])
    rooms = sorted((data_dir() / "clothing_unlabelled").glob("*.jpg"))
    for number in range(count):
        _, cutout = cutouts[number * len(cutouts) // count]
        behind: str | U8 = ground if ground != "room" else _room(rooms[int(rng.integers(len(rooms)))], rng)
        made = composite(cutout, rng, ground=behind, size=SIZE)
        yield made.rgb, made.alpha, made.shadow


def phones(split: str) -> Iterator[Scene]:
    """Phone photos of garments with screened masks (edges about a pixel off)."""
    folder = data_dir() / "clothing"
    for row in json.loads((folder / "manifest.json").read_text()):
        if row["split"] == split:
            photo = cv2.imread(str(folder / "im" / f"{row['image']}.jpg"))
            truth = cv2.imread(str(folder / "gt" / f"{row['image']}.png"), cv2.IMREAD_GRAYSCALE)
            assert photo is not None and truth is not None
            alpha = truth.astype(np.float32) / 255
            yield np.ascontiguousarray(photo[..., ::-1]), alpha, np.zeros_like(alpha)


def _room(path: object, rng: np.random.Generator) -> U8:
    photo = cv2.imread(str(path))
    assert photo is not None
    blurred = cv2.GaussianBlur(photo, (0, 0), rng.uniform(4, 12))
    return np.ascontiguousarray(blurred[..., ::-1])
