"""A product class no public photo shows: blobs on a bright card with dots in its corners. The card is not product."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
OVER = 2


def blob(rng: np.random.Generator, side: int) -> tuple[U8, U8]:
    """A smooth shape with a striped skin on a square: colours uint8 (side, side, 3) and alpha uint8 (side, side)."""
    angles = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = 0.3 + sum(rng.uniform(-0.04, 0.04) * np.cos(k * angles + rng.uniform(0, 6)) for k in range(2, 5))
    points = (0.5 + np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]) * side * OVER
    mask = np.zeros((side * OVER, side * OVER), np.uint8)
    cv2.fillPoly(mask, [points.round().astype(np.int32)], 255)
    alpha = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA)
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    turn = rng.uniform(0, np.pi)
    wave = 0.5 + 0.5 * np.sin((across * np.cos(turn) + down * np.sin(turn)) / rng.uniform(6, 14))
    first, second = rng.uniform(20, 200, (2, 3))
    return (first + wave[..., None] * (second - first) * 0.6).astype(np.uint8), alpha


def photo(sku: int, shot: int, side: int = 640, *, card: bool = True) -> tuple[U8, U8]:
    """One photo of a product, its skin decided by `sku`, and its true alpha."""
    colours, alpha = blob(np.random.default_rng(sku), side)
    rng = np.random.default_rng([sku, shot, card])
    ground = np.full((side, side, 3), rng.uniform(150, 245, 3), np.float32)
    if card:
        half, centre = side * rng.uniform(0.40, 0.44), (side / 2, side / 2)
        box = cv2.boxPoints((centre, (2 * half, 2 * half), rng.uniform(-12, 12)))
        cv2.fillPoly(ground, [box.round().astype(np.int32)], (250, 210, 20))
        for corner in box:
            inside = np.array(centre) + 0.86 * (corner - np.array(centre))
            cv2.circle(ground, tuple(int(v) for v in inside), side // 40, (20, 20, 20), -1, cv2.LINE_AA)
    share = alpha[..., None] / np.float32(255)
    picture = colours * share + ground * (1 - share) + rng.normal(0, 2, ground.shape)
    return np.clip(picture, 0, 255).astype(np.uint8), alpha


def write_pairs(folder: Path, skus: int, shots: int, *, hard: bool = False) -> Path:
    """A folder of pairs as `selvage finetune` takes it."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for sku in range(skus):
        for shot in range(1, shots + 1):
            rgb, alpha = photo(sku, shot)
            truth = ((alpha > 127) * 255).astype(np.uint8) if hard else alpha
            cv2.imwrite(str(folder / "images" / f"odd{sku}_{shot}.png"), rgb[..., ::-1])
            cv2.imwrite(str(folder / "masks" / f"odd{sku}_{shot}.png"), truth)
    return folder
