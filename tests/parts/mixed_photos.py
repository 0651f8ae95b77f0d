"""Twenty-four photos as a shop sends them: all families, many kinds of files, two broken ones and one of nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from selvage.samples import render
from tests.parts import photos
from tests.parts.odd_products import photo as odd

U8 = NDArray[np.uint8]
COLUMNS = ("file", "sku", "image_no", "category", "tier", "shoot", "template")
BROKEN = {"BOOT_1.jpg": "TRUNCATED_FILE", "WORDS_1.jpg": "UNSUPPORTED_FORMAT"}
NOTHING = "PAPER_1.jpg"


def write(folder: Path) -> list[dict[str, str]]:
    """The files, and what their names do not tell, by COLUMNS, as `selvage process --csv` and the client take it."""
    folder.mkdir(parents=True)
    rows = []
    for name, (make, told) in _photos().items():
        (folder / name).write_bytes(make())
        sku, _, image_no = name.partition(".")[0].partition("_")
        rows.append({"file": name, "sku": sku, "image_no": image_no} | told)
    return rows


def write_list(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _photos() -> dict[str, tuple[Callable[[], bytes], dict[str, str]]]:
    shoot = {"shoot": "monday", "category": "tops"}
    return {
        # Photos of one SKU, among them of one shoot, whose plate they share.
        "TEE_1.jpg": (lambda: photos.jpeg(_of("garment", 1)), shoot),
        "TEE_2.jpg": (lambda: photos.jpeg(_of("garment", 2), Q=80), shoot),
        "TEE_3.jpg": (lambda: photos.jpeg(_of("garment", 3)), shoot),
        "TEE_4.png": (lambda: photos.png(_of("garment", 4).astype(np.uint16) * 257), {}),
        "TEE_detail.webp": (lambda: bytes(photos.image(_of("garment", 5)).webpsave_buffer(Q=92)), {}),
        # Cameras turn pictures by a tag, and use colours of their own.
        "BAG_1.jpg": (lambda: photos.jpeg(np.rot90(_of("bag", 1)), orientation=6), {"tier": "bulk"}),
        "BAG_2.jpg": (lambda: photos.jpeg(np.rot90(_of("bag", 2), 2), orientation=3), {}),
        "BAG_3.jpg": (lambda: photos.jpeg(_of("bag", 3), profile=photos.DISPLAY_P3), {}),
        "BAG_4.jpg": (lambda: photos.jpeg(_of("bag", 4), profile=photos.ADOBE_RGB), {"template": "shelf-grey"}),
        "MESH_1.png": (lambda: photos.png(_of("mesh", 1)), {"category": "lingerie"}),
        "MESH_2.jpg": (lambda: photos.jpeg(_of("mesh", 2)), {"template": "studio-paper-cream"}),
        "SCARF_1.jpg": (lambda: photos.jpeg(_of("fringe", 1)), {"category": "scarves"}),
        "SCARF_2.tif": (lambda: photos.tiff(_of("fringe", 2).astype(np.uint16) * 257), {}),
        "SHOE_1.jpg": (lambda: photos.jpeg(_of("shoe", 1)), {"template": "marketplaces"}),
        "SHOE_2.jpg": (lambda: bytes(photos.image(_of("shoe", 2)).colourspace("cmyk").jpegsave_buffer(Q=95)), {}),
        "SHOE_3.png": (lambda: photos.png(_cut_out("shoe", 3)), {}),
        "RING_1.jpg": (lambda: photos.jpeg(_of("ring", 1)), {"tier": "hero"}),
        "RING_2.jpg": (lambda: photos.jpeg(_of("ring", 2), interlace=True), {"template": "transparent"}),
        "RING_3.png": (lambda: photos.png(np.ascontiguousarray(_of("ring", 3).mean(axis=2).astype(np.uint8))), {}),
        # A picture the model has not seen the like of: a person has to look.
        "ODD-7_1.jpg": (lambda: photos.jpeg(odd(7, 1)[0]), {}),
        # The product leaves the frame.
        "CUT OFF_1.jpg": (lambda: photos.jpeg(_of("garment", 6)[:, 140:]), {}),
        NOTHING: (lambda: photos.jpeg(_paper()), {}),
        "BOOT_1.jpg": (lambda: photos.jpeg(_of("shoe", 4))[:-9000], {}),
        "WORDS_1.jpg": (lambda: b"These are words, not pixels.\n" * 40, {}),
    }


def _of(family: str, seed: int) -> U8:
    return render(family, seed, 480 + 40 * seed).rgb


def _cut_out(family: str, seed: int) -> U8:
    """A photo somebody has cut out already."""
    sample = render(family, seed, 600)
    return np.dstack([sample.rgb, np.rint(sample.alpha * 255).astype(np.uint8)])


def _paper() -> U8:
    """Someone pressed the button before the product lay there."""
    noise = np.random.default_rng(5).normal(0, 2, (480, 600, 3))
    return np.clip(236 + noise, 0, 255).astype(np.uint8)
