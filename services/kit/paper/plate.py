"""The studio background as one value: low resolution, linear light, with its variance and its own judgement."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper.errors import PlateInvalid

F32 = NDArray[np.float32]

FORMAT = 1
MAX_SIDE = 4096
PART_SIDE = 512
"""Longest side of a part of a plate: it is smooth."""


@dataclass(frozen=True)
class Plate:
    """The background as it would look without product and shadow.

    linear: float32 (h, w, 3), linear light, 0 to 1. sigma: float32 (h, w), standard deviation of one photo pixel of
    the paper about `linear` (sensor noise and misfit together), linear light. kind: "photo" or "shoot". usable: the
    gate; when False, `detail` says why in words and later stages ignore the plate. residual: robust residual of the
    fit, natural logarithm of linear light. inlier_share: share of the background the fit explains, 0 to 1.
    """

    linear: F32
    sigma: F32
    kind: str
    usable: bool
    detail: str
    residual: float
    inlier_share: float

    def rows(self, y0: int, y1: int, height: int, width: int) -> tuple[F32, F32]:
        """Rows y0 to y1 (exclusive) of the plate at height x width, bilinear between pixel centres.

        Returns linear float32 (y1 - y0, width, 3) and sigma float32 (y1 - y0, width).
        """
        source = (np.arange(y0, y1, dtype=np.float32) + 0.5) * (self.sigma.shape[0] / height) - 0.5
        source = np.clip(source, 0, self.sigma.shape[0] - 1)
        above = np.floor(source).astype(np.intp)
        below = np.minimum(above + 1, self.sigma.shape[0] - 1)
        share = (source - above).astype(np.float32)[:, None]
        stacked = np.dstack([self.linear, self.sigma])
        band = stacked[above] * (1 - share[..., None]) + stacked[below] * share[..., None]
        wide = cv2.resize(band, (width, y1 - y0), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(wide[..., :3]), np.ascontiguousarray(wide[..., 3])

    def part(self, where: tuple[slice, slice], height: int, width: int) -> Plate:
        """The plate behind a part of the photo. where: its rows and columns, of height and width; ends are needed."""
        (y0, y1), (x0, x1) = ((one.start, one.stop) for one in where)
        scale = min(1.0, PART_SIDE / max(y1 - y0, x1 - x0))
        rows, columns = max(1, round((y1 - y0) * scale)), max(1, round((x1 - x0) * scale))
        down, across = self.sigma.shape[0] / height, self.sigma.shape[1] / width
        step_y, step_x = (y1 - y0) / rows * down, (x1 - x0) / columns * across  # between pixel centres of the part
        back = np.array([[step_x, 0, x0 * across + step_x / 2 - 0.5], [0, step_y, y0 * down + step_y / 2 - 0.5]])
        near = cv2.warpAffine(
            np.dstack([self.linear, self.sigma]),
            back,
            (columns, rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return replace(self, linear=np.ascontiguousarray(near[..., :3]), sigma=np.ascontiguousarray(near[..., 3]))


def save(plate: Plate) -> bytes:
    """The plate as an npz without pickled objects."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        format=np.int64(FORMAT),
        linear=plate.linear,
        sigma=plate.sigma,
        kind=np.str_(plate.kind),
        usable=np.bool_(plate.usable),
        detail=np.str_(plate.detail),
        numbers=np.array([plate.residual, plate.inlier_share], np.float64),
    )
    return buffer.getvalue()


def load(data: bytes) -> Plate:
    """Reads `save`'s bytes back. Raises PlateInvalid for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            fields = {name: archive[name] for name in archive.files}
        plate = Plate(
            linear=fields["linear"],
            sigma=fields["sigma"],
            kind=str(fields["kind"]),
            usable=bool(fields["usable"]),
            detail=str(fields["detail"]),
            residual=float(fields["numbers"][0]),
            inlier_share=float(fields["numbers"][1]),
        )
        written = int(fields["format"])
    except (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile) as cause:
        raise PlateInvalid(problem=f"{type(cause).__name__}: {cause}") from cause
    _check(plate, written)
    return plate


def _check(plate: Plate, written: int) -> None:
    linear, sigma = plate.linear, plate.sigma
    problems = [
        (written != FORMAT, f"format {written}, this version reads {FORMAT}"),
        (linear.dtype != np.float32 or sigma.dtype != np.float32, "its arrays are not float32"),
        (linear.ndim != 3 or linear.shape[-1:] != (3,) or linear.shape[:2] != sigma.shape, "its shapes do not match"),
        (not 0 < max(linear.shape) <= MAX_SIDE or 0 in linear.shape, "its size is out of range"),
        (plate.kind not in ("photo", "shoot"), f"unknown kind {plate.kind!r}"),
    ]
    for wrong, problem in problems:
        if wrong:
            raise PlateInvalid(problem=problem)
    if not (np.isfinite(linear).all() and np.isfinite(sigma).all()):
        raise PlateInvalid(problem="it holds values that are no numbers")
    if linear.min() < 0 or linear.max() > 1 or sigma.min() < 0:
        raise PlateInvalid(problem="its values are out of range")
