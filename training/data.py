"""The real photos: which files belong to which split, and the banks that scenes are made of.

Layout and splits are those of the data folder's `SOURCES.md` and `manifest.json` files; nothing outside a manifest's
`train` split ever reaches training.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.generator.light import U8
from training.generator.scene import Banks

ENVIRONMENT = "SELVAGE_DATA"
SHADOW_IN_ALPHA = ("saleordemoproduct_paints_", "saleordemoproduct_wine-")
"""Cut-outs whose alpha still holds the shadow they stood in: they would teach that a shadow is product."""


@dataclass(frozen=True)
class Item:
    """One photo of a set: its file, the product (or sender) it shows, and for phone photos the mask's file."""

    path: Path
    product: str
    mask: Path | None = None


def data_folder() -> Path:
    """Folder of the real photos: $SELVAGE_DATA, or `shared/data` beside the repository.

    Raises FileNotFoundError naming both when neither exists.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get(ENVIRONMENT, beside))
    if not folder.is_dir():
        raise FileNotFoundError(f"no photos at {folder}: set {ENVIRONMENT} to the folder that holds SOURCES.md")
    return folder


def runs_folder() -> Path:
    """Where runs live: $SELVAGE_TRAIN, or `~/.cache/selvage/train`."""
    return Path(os.environ.get("SELVAGE_TRAIN", Path.home() / ".cache" / "selvage" / "train"))


def _manifest(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())
    return rows


def cutout_items(folder: Path, name: str, split: str) -> list[Item]:
    """Cut-outs of the set `name` (saleor or magento) in `split` (train or val)."""
    return [
        Item(folder / name / row["file"], row["product"])
        for row in _manifest(folder / name)
        if row["split"] == split and not row["file"].startswith(SHADOW_IN_ALPHA)
    ]


def phone_items(folder: Path, split: str) -> list[Item]:
    """Phone photos with masks in `split` (train or test); the product is the sender, by which they are split."""
    home = folder / "clothing"
    return [
        Item(next((home / "im").glob(f"{row['image']}.*")), str(row["sender"]), home / "gt" / f"{row['image']}.png")
        for row in _manifest(home)
        if row["split"] == split
    ]


def read_cutout(path: Path, long_side: int = 2160) -> U8:
    """Straight RGBA uint8, cropped to what is visible and at most `long_side` long."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 4:
        raise ValueError(f"{path.name} is not an RGBA picture")
    ys, xs = np.nonzero(image[..., 3] > 5)
    image = image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    scale = long_side / max(image.shape[:2])
    if scale < 1:
        layer = image.astype(np.float32) / 255
        layer[..., :3] *= layer[..., 3:]
        layer = cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        layer[..., :3] /= np.maximum(layer[..., 3:], 1e-3)
        image = (np.clip(layer, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(image[..., [2, 1, 0, 3]])


def read_rgb(path: Path) -> U8:
    """RGB uint8 as stored. Raises ValueError when the file is no picture."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path.name} is not a picture")
    return np.ascontiguousarray(image[..., ::-1])


def read_phone(item: Item) -> tuple[U8, U8]:
    """Picture and mask (0..255) of one phone photo."""
    assert item.mask is not None
    mask = cv2.imread(str(item.mask), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError(f"{item.mask.name} is not a picture")
    return read_rgb(item.path), np.asarray(mask, np.uint8)


def train_files(folder: Path) -> Iterator[Path]:
    """Every file that `train_banks` reads, in a stable order."""
    for name in ("saleor", "magento"):
        yield from (item.path for item in cutout_items(folder, name, "train"))
    for item in phone_items(folder, "train"):
        yield item.path
        if item.mask is not None:
            yield item.mask
    yield from _ground_files(folder)


def _ground_files(folder: Path) -> list[Path]:
    """Unlabelled garment photos: their corners serve as floors and walls, their middles as cloth. Every fourth is left
    for judging."""
    return [path for index, path in enumerate(sorted((folder / "clothing_unlabelled").glob("*.jpg"))) if index % 4]


def train_banks(folder: Path, long_side: int = 1400, saleor_weight: int = 4) -> Banks:
    """The train split in memory (about 1 GB at 1400). Saleor's true alpha is drawn `saleor_weight` times as often."""
    cutouts: list[U8] = []
    for item in cutout_items(folder, "saleor", "train"):
        cutouts += [read_cutout(item.path, long_side)] * saleor_weight
    cutouts += [read_cutout(item.path, long_side) for item in cutout_items(folder, "magento", "train")]
    phone = [read_phone(item) for item in phone_items(folder, "train")]
    return Banks(cutouts, phone, [read_rgb(path) for path in _ground_files(folder)])


def data_list(folder: Path) -> list[dict[str, str]]:
    """Name and sha256 of every training file, for the record beside the weights."""
    return [
        {"file": path.relative_to(folder).as_posix(), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in train_files(folder)
    ]
