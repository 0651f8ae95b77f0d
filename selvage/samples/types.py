"""What a sample is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Points = Sequence[Sequence[float]] | Array


@dataclass(frozen=True)
class Sample:
    """One product photo and its truth; every array has the size of the photo.

    rgb: uint8 (H, W, 3), encoded sRGB, with grain.
    alpha: float32 (H, W) in [0, 1], exact: product coverage, the shadow is not part of it.
    shadow: float32 (H, W) in [0, 1], the share of light that the product's shadow leaves on the paper.
    light: float32 (H, W, 3), the product alone, linear light, premultiplied by alpha.
    paper: float32 (H, W, 3), the empty paper, linear light.
    In linear light and before grain: photo = light + (1 - alpha) * shadow * paper.
    """

    rgb: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.float32]
    shadow: npt.NDArray[np.float32]
    light: npt.NDArray[np.float32]
    paper: npt.NDArray[np.float32]
