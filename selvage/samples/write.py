"""Sample photos as files: JPEG as a camera exports them, and the true alpha beside them on request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyvips

from . import FAMILIES, render

TRUTH = "truth"


def write(out: Path, *, count: int = 6, size: int = 2000, seed: int = 1, truth: bool = False) -> Iterator[Path]:
    """Renders `count` photos into `out`, going through the families in turn; yields each photo's path.

    Photos are named FAMILY-NUMBER_1.jpg. With truth, the 16-bit alpha of a photo goes to truth/<same stem>.png.
    """
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        family = FAMILIES[index % len(FAMILIES)]
        sample = render(family, np.random.default_rng([seed, index]), size)
        path = out / f"{family.upper()}-{1001 + index}_1.jpg"
        photo = pyvips.Image.new_from_array(sample.rgb, interpretation="srgb")
        photo.jpegsave(str(path), Q=93, profile="srgb", subsample_mode="off")
        if truth:
            (out / TRUTH).mkdir(exist_ok=True)
            grey = np.rint(sample.alpha * 65535).astype(np.uint16)
            pyvips.Image.new_from_array(grey, interpretation="grey16").pngsave(
                str(out / TRUTH / f"{path.stem}.png"), compression=1
            )
        yield path
