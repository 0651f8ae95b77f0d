"""A folder of alphas made elsewhere, judged as a model is: `GROUP/NAME.png` for every picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from services.segment.geometry import grow
from training.errors import PicturesMissing
from training.generator.light import F32
from training.judged import Judged


class Alphas:
    """Grey PNGs of 8 or 16 bits at any size. They have no confidence: 1 where alpha is 0 or 1, 0 at one half."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, picture: Judged) -> tuple[F32, F32]:
        """Alpha and confidence, float32 (H, W). Raises PicturesMissing."""
        path = self._folder / picture.group / f"{picture.name}.png"
        values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if values is None or values.ndim != 2:
            raise PicturesMissing(path=path)
        alpha = grow(values.astype(np.float32) / np.iinfo(values.dtype).max, *picture.rgb.shape[:2])
        return alpha, np.abs(2 * alpha - 1)


def write_pictures(pictures: Iterable[Judged], folder: Path) -> int:
    """The pictures as `GROUP/NAME.png`, for other programs to cut out; returns how many."""
    count = 0
    for picture in pictures:
        (folder / picture.group).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / picture.group / f"{picture.name}.png"), picture.rgb[..., ::-1])
        count += 1
    return count
