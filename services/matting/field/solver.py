"""The affine colour field: alpha of the unknown band from colours, known background and the model's alpha.

The null space of the matting Laplacian (Levin, Lischinski, Weiss 2008) is locally spanned by [r, g, b, 1]. So alpha is
described by four numbers per cell instead of one per pixel, smooth in the sense that neighbouring cells must predict
each other's pixels alike. Colours are taken relative to the local background in linear light, where light mixes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from services.matting.arrays import F32, F64, LINEAR, U8
from services.matting.field import blocks, cells, contrast, evaluate, law, moments, multigrid, planes, product, shade
from services.matting.field.band import SECOND_LOOK, Band, lay, plate_grid

if TYPE_CHECKING:
    from services.kit.paper import Plate


# Pixels across a cell that are enough for its four numbers.
SAMPLES = 8
# Weight of the reading by local colours under which it is not worth looking at them.
LEAST = 1e-3


@dataclass(frozen=True)
class FieldOptions:
    """size: cell edge in pixels, 0 picks it by the photo. smooth: weight between cells. ridge, offset: per pixel, on
    colour slopes and on the constant term. texture: background deviation (linear light) at which the known background
    loses half its say. passes: 2 takes clear background inside the band, the product's shade and its local colours
    into account. pull: weight per pixel of the reading by local colours (see product) before plain paper, where no
    model told anything. unsure: variance of that reading at which it loses half its say. lut: uint8 code to light,
    float32 (256,)."""

    size: int = 0
    smooth: float = 1.0
    ridge: float = 1e-6
    offset: float = 1e-2
    texture: float = 0.02
    passes: int = 2
    pull: float = 4.0
    unsure: float = 0.25
    law: law.Law = field(default_factory=law.Law)
    lut: F32 = field(default_factory=lambda: LINEAR)


def solve(
    rgb: U8, trimap: U8, prior: F32, belief: F32, plate: Plate | None = None, options: FieldOptions | None = None
) -> tuple[F32, Band]:
    """Alpha float32 (H, W), exactly 0 and 1 where the trimap is 0 and 255, and the band it was solved in.

    rgb: uint8 (H, W, 3) encoded sRGB. trimap: uint8 (H, W) of 0, 128, 255. prior, belief: the model's alpha and its
    confidence, finite float32 (h, w) of any size with the photo's aspect.
    """
    options = options or FieldOptions()
    size = options.size or cells.cell_size(trimap.size)
    alpha = np.zeros(trimap.shape, np.float32)
    active, near = lay(trimap, size, alpha)
    count = len(active)
    variance = contrast.measure(rgb, trimap, near, active)
    paper = plate_grid(plate, active)
    strength, table = law.strength(variance, options.law), law.thresholds(options.law)
    untold = law.untold(active, belief, trimap.shape)
    background, deviation = np.zeros((count, 3), np.float32), np.zeros(count, np.float32)
    every, known, right = np.empty((count, 10)), np.empty((count, 10)), np.empty((count, 4))
    energy, edges, diagonal = np.empty(count), np.empty((count, 4, 10)), np.empty((count, 10))
    z = np.zeros((count, 4))
    for turn in range(options.passes if count else 0):
        below = SECOND_LOOK if turn else -1.0
        # All but the last turn serve the next one's background, which looks at every other pixel only.
        step = 1 if turn + 1 == options.passes else planes.STEP
        covered = shade.cover(alpha, size, planes.STEP) if turn else None
        background, deviation, found, even = planes.fit(
            rgb, options.lut, trimap, alpha, below, near, active, paper, covered
        )
        moments.accumulate(
            rgb, options.lut, trimap, active.position, active.neighbours, background, size,
            max(step, size // SAMPLES), prior, belief, strength, table, options.law.floor, options.law.top, every,
            known, right, energy,
        )  # fmt: skip
        plain = found / (1 + (deviation / options.texture) ** 2)
        offset = options.offset * plain + 1e-6
        blocks.assemble(
            every, known, active.neighbours, options.smooth, options.ridge, offset.astype(np.float64), edges, diagonal
        )
        towards = right
        share = options.pull * plain * untold
        if even and share.max() > LEAST:
            towards = right.copy()
            colours, seen = product.survey(rgb, options.lut, trimap, alpha, near, active)
            told, unsure = product.reading(colours, background, deviation)
            share *= seen / (1 + unsure / options.unsure)
            blocks.pull(every, told, share.astype(np.float64), diagonal, towards)
        z, _ = multigrid.solve(multigrid.hierarchy(active, diagonal, edges), towards)
        values = np.concatenate([background, z.astype(np.float32), strength[:, None]], 1)
        evaluate.evaluate(
            rgb, options.lut, trimap, active.position, active.neighbours, values, size, step, prior, belief, table,
            alpha,
        )  # fmt: skip
    return alpha, Band(active, background, deviation, variance, _residual(known, right, energy, z))


def _residual(known: F64, right: F64, energy: F64, z: F64) -> F32:
    x, y, w, one = z.T
    quadratic = (
        known[:, 0] * x * x + known[:, 4] * y * y + known[:, 7] * w * w + known[:, 9] * one * one
        + 2 * (known[:, 1] * x * y + known[:, 2] * x * w + known[:, 3] * x * one)
        + 2 * (known[:, 5] * y * w + known[:, 6] * y * one + known[:, 8] * w * one)
    )  # fmt: skip
    squared = (quadratic - 2 * (right * z).sum(1) + energy) / np.maximum(known[:, 9], 1e-6)
    return np.asarray(np.maximum(squared, 0), np.float32)
