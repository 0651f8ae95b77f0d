"""Sample photos as files: JPEG as a camera exports them, and the true alpha beside them on request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from . import FAMILIES, render
from .types import Array

TRUTH = "truth"
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 93, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


def write(out: Path, *, count: int = 6, size: int = 2000, seed: int = 1, truth: bool = False) -> Iterator[Path]:
    """Renders `count` photos into `out`, going through the families in turn; yields each photo's path.

    Photos are named FAMILY-NUMBER_1.jpg. With truth, the 16-bit alpha of a photo goes to truth/<same stem>.png.
    """
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        family = FAMILIES[index % len(FAMILIES)]
        sample = render(family, np.random.default_rng([seed, index]), size)
        path = out / f"{family.upper()}-{1001 + index}_1.jpg"
        path.write_bytes(_encoded(".jpg", sample.rgb[..., ::-1], _JPEG))
        if truth:
            (out / TRUTH).mkdir(exist_ok=True)
            grey = np.rint(sample.alpha * 65535).astype(np.uint16)
            (out / TRUTH / f"{path.stem}.png").write_bytes(_encoded(".png", grey, []))
        yield path


def _encoded(kind: str, picture: Array, options: list[int]) -> bytes:
    done, data = cv2.imencode(kind, picture, options)
    if not done:
        raise OSError(f"the {kind} encoder of OpenCV failed")
    return data.tobytes()
