"""A user's labelled photos: a folder of pairs, told apart into binary masks and true alpha, split by SKU.

Layout: `images/` and `masks/` or `alpha/`, files of the same stem. SKU from the file name as everywhere in Selvage:
SKU_NUMBER.ext, else the whole stem.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.kit.errors import SelvageError
from services.kit.pictures import decode
from training.errors import PairsUnusable, TooFewPairs
from training.generator.light import U8
from training.judged import Judged

MANIFEST = "manifest.json"
TRUTHS = ("alpha", "masks")
SOFT = 0.3
"""Soft pixels for each pixel of the contour below which a truth is a binary mask: an antialiased edge has about one."""
LEARN_SIDE, JUDGE_SIDE = 1024, 1600
LEAST_PAIRS, LEAST_SKUS = 10, 5


@dataclass(frozen=True)
class Pair:
    """Files of one photo and its truth."""

    image: Path
    truth: Path
    sku: str


@dataclass(frozen=True)
class Labelled:
    """rgb uint8 (H, W, 3); alpha uint8 (H, W). binary: the truth knows no soft edge."""

    pair: Pair
    rgb: U8
    alpha: U8
    binary: bool


@dataclass(frozen=True)
class Split:
    """Three parts that share no SKU."""

    learn: list[Pair]
    validate: list[Pair]
    hold_out: list[Pair]


def find(folder: Path) -> list[Pair]:
    """Every pair of the folder, by name. Raises PairsUnusable naming photos without a truth and the reverse."""
    images = folder / "images"
    truths = next((folder / name for name in TRUTHS if (folder / name).is_dir()), None)
    if not images.is_dir() or truths is None:
        raise PairsUnusable(path=folder, problem="images/ or masks/ is missing")
    photos, masks = (
        {path.stem: path for path in sorted(home.iterdir()) if path.is_file() and not path.name.startswith(".")}
        for home in (images, truths)
    )
    alone = sorted(photos.keys() ^ masks.keys())
    if alone or not photos:
        problem = f"without a partner: {', '.join(alone[:5])}" if alone else "it is empty"
        raise PairsUnusable(path=folder, problem=problem)
    return [Pair(photos[stem], masks[stem], sku_of(stem)) for stem in photos]


def approved(ready: Path, photos: Path) -> list[Pair]:
    """Pairs of the approved images of a folder that `selvage process` filled: the photos and their finished alphas.

    What people approved, corrected or not, teaches the model their taste. Raises PairsUnusable.
    """
    try:
        images = json.loads((ready / MANIFEST).read_text(encoding="utf-8"))["images"]
        pairs = [
            Pair(photos / image["source"], ready / image["files"]["alpha"], image["sku"])
            for image in images
            if image["status"] == "approved"
        ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise PairsUnusable(path=ready / MANIFEST, problem=f"{type(error).__name__}: {error}") from error
    gone = [str(path) for pair in pairs for path in (pair.image, pair.truth) if not path.is_file()]
    if gone or not pairs:
        raise PairsUnusable(path=ready, problem=f"missing: {', '.join(gone[:5])}" if gone else "nothing is approved")
    return pairs


def sku_of(stem: str) -> str:
    """What stands before the last underscore when a number follows it, else the stem."""
    found = re.fullmatch(r"(.+)_\d+", stem)
    return found[1] if found else stem


def split(pairs: Sequence[Pair]) -> Split:
    """About 60, 20 and 20 percent of the SKUs, decided by their names alone. Raises TooFewPairs."""
    skus = sorted({pair.sku for pair in pairs}, key=lambda sku: (zlib.crc32(sku.encode()), sku))
    if len(pairs) < LEAST_PAIRS or len(skus) < LEAST_SKUS:
        found = f"{len(pairs)} photos of {len(skus)} SKUs"
        raise TooFewPairs(found=found, least=f"{LEAST_PAIRS} photos of {LEAST_SKUS} SKUs")
    share = max(1, round(len(skus) / 5))
    kept, checked = set(skus[:share]), set(skus[share : 2 * share])
    return Split(
        [pair for pair in pairs if pair.sku not in kept | checked],
        [pair for pair in pairs if pair.sku in checked],
        [pair for pair in pairs if pair.sku in kept],
    )


def read(pair: Pair, long_side: int) -> Labelled:
    """Both files, at most `long_side` long. Raises PairsUnusable when one is no picture or their shapes differ."""
    try:
        rgb = decode(pair.image.read_bytes()).over_white()  # as the product sees it: turned upright, its colours sRGB
    except OSError as error:
        raise PairsUnusable(path=pair.image, problem=error.strerror or error) from error
    except SelvageError as error:
        raise PairsUnusable(path=pair.image, problem=error.message) from error
    truth = cv2.imread(str(pair.truth), cv2.IMREAD_UNCHANGED)
    if truth is None:
        raise PairsUnusable(path=pair.truth, problem="the mask is not a picture")
    if truth.ndim == 3:
        truth = truth[..., 3] if truth.shape[2] == 4 else truth[..., 0]
    if truth.dtype == np.uint16:
        truth = (truth / 257).round().astype(np.uint8)
    if truth.shape != rgb.shape[:2]:
        problem = f"the photo is {rgb.shape[1]} x {rgb.shape[0]}, the mask {truth.shape[1]} x {truth.shape[0]}"
        raise PairsUnusable(path=pair.truth, problem=problem)
    binary = is_binary(truth)
    scale = long_side / max(rgb.shape[:2])
    if scale < 1:
        rgb, truth = (cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for one in (rgb, truth))
    return Labelled(pair, np.ascontiguousarray(rgb), np.ascontiguousarray(truth, np.uint8), binary)


def is_binary(truth: U8) -> bool:
    """Whether the edge of a truth, uint8 (H, W), is hard: few soft pixels for the length of its contour."""
    soft = int(((truth > 5) & (truth < 250)).sum())
    solid = (truth > 127).astype(np.uint8)
    contour = int((solid != cv2.erode(solid, np.ones((3, 3), np.uint8))).sum())
    return soft < SOFT * max(contour, 1)


def to_judge(pair: Pair, group: str) -> Judged:
    """A pair as a picture to judge models on."""
    one = read(pair, JUDGE_SIDE)
    return Judged(group, pair.image.stem, pair.sku, one.rgb, (one.alpha / np.float32(255)).astype(np.float32), None)


def cutout(one: Labelled) -> U8:
    """The product of a photo with a true alpha, straight RGBA: colours of the soft edge come from the solid beside it,
    so that the old ground does not travel along."""
    solid = (one.alpha >= 250).astype(np.float32)
    known = cv2.GaussianBlur(solid, (0, 0), 4)[..., None]
    near = cv2.GaussianBlur(one.rgb.astype(np.float32) * solid[..., None], (0, 0), 4) / np.maximum(known, 1e-4)
    colour = np.where((solid[..., None] == 0) & (known > 0.01), near, one.rgb.astype(np.float32))
    rgba = np.dstack([np.clip(colour, 0, 255).round().astype(np.uint8), one.alpha])
    ys, xs = np.nonzero(one.alpha > 5)
    return np.ascontiguousarray(rgba[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]) if len(ys) else rgba
