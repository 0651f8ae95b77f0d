"""The cells of one unknown band and what is known about the colours there, whichever solver finds the alpha."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from services.matting.arrays import F32, LINEAR, U8
from services.matting.field import cells, contrast, planes, shade

if TYPE_CHECKING:
    from services.kit.paper import Plate

SECOND_LOOK = 0.08
_RING = 1


@dataclass(frozen=True)
class Band:
    """background: float32 (n, 3) linear light; deviation: float32 (n,) about it. variance: float32 (n,) of alpha that
    the colours leave (see contrast). residual: float32 (n,), mean squared error of the field against known pixels
    and, by its weight, the model's alpha; 0 where another solver was used."""

    cells: cells.Cells
    background: F32
    deviation: F32
    variance: F32
    residual: F32


def lay(trimap: U8, size: int, alpha: F32 | None = None) -> tuple[cells.Cells, cells.Cells]:
    """The cells of the band with a ring of one about it, and the wider surroundings that evidence is gathered from.

    alpha: float32 (H, W), all 0; becomes 1 at known foreground, in the same pass.
    """
    unknown = cells.unknown_cells(trimap, size, np.empty((0, 0), np.float32) if alpha is None else alpha)
    grown = (cells.dilated(unknown, ring) for ring in (_RING, planes.REACH))
    active, near = (cells.from_mask(mask, size) for mask in grown)
    return active, near


def plate_grid(plate: Plate | None, active: cells.Cells) -> tuple[F32, F32] | None:
    """The plate at the cell centres, linear (rows, columns, 3) and sigma (rows, columns), or None without a usable one.

    The grid may overhang the photo by a part of a cell; the plate is smooth at that scale.
    """
    if plate is None or not plate.usable:
        return None
    rows, columns = active.shape
    return plate.rows(0, rows, rows, columns)


def survey(rgb: U8, trimap: U8, alpha: F32, plate: Plate | None = None, size: int = 0, lut: F32 | None = None) -> Band:
    """The band of an alpha (float32 (H, W)) that some other solver has found. lut: uint8 code to light, float32 (256,);
    None for sRGB. The plate is in the same light."""
    active, near = lay(trimap, size or cells.cell_size(trimap.size))
    variance = contrast.measure(rgb, trimap, near, active)
    background, deviation, _, _ = planes.fit(
        rgb, LINEAR if lut is None else lut, trimap, alpha, SECOND_LOOK, near, active, plate_grid(plate, active),
        shade.cover(alpha, active.size, planes.STEP),
    )  # fmt: skip
    return Band(active, background, deviation, variance, np.zeros(len(active), np.float32))
