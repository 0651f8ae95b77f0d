"""The worst pictures of each group side by side: photo, truth, each model's alpha."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from training.alphas import Alphas
from training.evaluate import Row
from training.judged import Judged
from training.predict import U8, Predictor

TILE = 220
PER_GROUP = 2


def worst_sheet(
    models: Mapping[str, Predictor | Alphas], rows: Mapping[str, list[Row]], pictures: Iterable[Judged], path: Path
) -> None:
    """Write a PNG with the two pictures of largest error of each group, by the first model's figures."""
    first = next(iter(rows.values()))
    groups = dict.fromkeys(row.group for row in first)
    chosen = set()
    for group in groups:
        mine = sorted((row for row in first if row.group == group), key=lambda row: -row.figures["mae"])
        chosen |= {(row.group, row.name) for row in mine[:PER_GROUP]}
    strips = []
    for picture in pictures:
        if (picture.group, picture.name) in chosen:
            alphas = [(one.of(picture) if isinstance(one, Alphas) else one(picture.rgb))[0] for one in models.values()]
            tiles = [picture.rgb, *(np.dstack([plane] * 3) * 255 for plane in (picture.truth, *alphas))]
            strips.append(np.hstack([_tile(tile) for tile in tiles]))
    cv2.imwrite(str(path), np.vstack(strips)[..., ::-1])


def _tile(picture: np.ndarray) -> U8:
    scale = TILE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:TILE, :TILE]
    out = np.full((TILE, TILE, 3), 128, np.uint8)
    out[: small.shape[0], : small.shape[1]] = np.clip(small, 0, 255)
    return out
