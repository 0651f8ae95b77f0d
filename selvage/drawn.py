"""The sample products as material for training: cut-outs to rehearse with, photos with true alpha to judge by."""

from __future__ import annotations

import numpy as np

from selvage import samples
from services.kit.pictures import to_srgb8
from training.drawn import Drawn
from training.judged import Judged

LEARNT, JUDGED = 100, 900
"""First seeds of both, far apart, and far from the seeds that `selvage samples` starts at."""


def drawn(cutouts: int = 4, pictures: int = 2, size: int = 640) -> Drawn:
    """So many of each family; `size` is the long side in pixels."""
    families = samples.FAMILIES
    rehearsed = [_cutout(samples.render(name, LEARNT + k, size)) for name in families for k in range(cutouts)]
    judged = [_judged(name, JUDGED + k, size) for name in families for k in range(pictures)]
    return Drawn(rehearsed, judged)


def _cutout(sample: samples.Sample) -> np.ndarray:
    """Straight RGBA uint8."""
    colours = to_srgb8(sample.light / np.maximum(sample.alpha, 1e-3)[..., None])
    return np.dstack([colours, np.rint(sample.alpha * 255).astype(np.uint8)])


def _judged(family: str, seed: int, size: int) -> Judged:
    sample = samples.render(family, seed, size)
    name = f"{family}-{seed}"
    return Judged("drawn", name, name, sample.rgb, sample.alpha, None)
