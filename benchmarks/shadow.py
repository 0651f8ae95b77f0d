"""The original shadow against a known one, and against the best any drop shadow could do.

    python -m benchmarks.shadow [--side 1200] [--products 6] [--pictures FOLDER]

`cove` is a sweep whose horizon is sharper than a cubic surface can follow: what is lost there is the plate's error.
Composites of real cut-outs (../shared/data/saleor, held-out split; without them a drawn bottle) on flat paper and on a
sweep with horizon, two coloured lights, contact, ambient light, bounce, noise, JPEG 93. The plate is estimated from
the photo alone, the alpha is the true one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.kit import paper
from services.matting.shadow import extract
from tests.parts import shadows
from tests.parts.composites import load_cutouts, to_encoded


def cutouts(count: int) -> Iterator[tuple[str, shadows.U8]]:
    """Held-out products, spread over the split."""
    try:
        known = load_cutouts("val")
    except pytest.skip.Exception:
        known = [("bottle", shadows.bottle())]
    yield from known[:: max(1, len(known) // count)][:count]


def row(lit: shadows.Lit) -> dict[str, float | str]:
    """The figures of one photo, in 8-bit levels."""
    plate = paper.estimate(lit.rgb)
    side = len(lit.alpha)
    found = to_encoded(plate.rows(0, side, side, side)[0])
    layer, detail = extract(lit.rgb, lit.alpha, plate)
    none, _ = shadows.errors(np.full((2, 2, 3), 255, np.uint8), lit)
    figures: dict[str, float | str] = {
        "paper": float(np.sqrt(((found - to_encoded(lit.paper)) ** 2).mean()) * 255),
        "none": none,
        "best drop": shadows.best_drop_shadow(lit),
    }
    if layer is None:
        return {**figures, "refused": detail}
    ours, false = shadows.errors(layer, lit)
    return {**figures, "original": ours, "false": false}


def picture(lit: shadows.Lit) -> shadows.U8:
    """Photo, truth and layer beside each other."""
    layer, _ = extract(lit.rgb, lit.alpha, paper.estimate(lit.rgb))
    side = len(lit.alpha)
    seen = np.full((side, side, 3), 128, np.uint8) if layer is None else cv2.resize(layer, (side, side))
    return np.hstack([lit.rgb, np.rint(255 * lit.truth).astype(np.uint8), seen])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=1200)
    parser.add_argument("--products", type=int, default=6)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    for ground in shadows.PAPERS:
        rows = []
        for seed, (name, cutout) in enumerate(cutouts(arguments.products)):
            lit = shadows.photo(cutout, ground, side=arguments.side, seed=seed)
            figures = row(lit)
            rows.append(figures)
            told = "  ".join(
                f"{key} {value if isinstance(value, str) else f'{value:.2f}'}" for key, value in figures.items()
            )
            print(f"{ground:6} {name[-28:]:28} {told}", flush=True)
            if arguments.pictures:
                cv2.imwrite(str(arguments.pictures / f"{ground}-{name}.jpg"), picture(lit)[..., ::-1])
        for key in ("paper", "none", "best drop", "original", "false"):
            print(f"{ground:6} mean {key}: {np.mean([entry[key] for entry in rows if key in entry]):.2f}")


if __name__ == "__main__":
    main()
