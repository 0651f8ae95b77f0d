"""The file of a rendered cut-out."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np

from services.compose.cutouts.spread import spread
from services.kit.pictures import srgb_profile
from services.kit.pictures.encode import export, png8

QUALITY = 92  # from 90 on libvips keeps colour at full resolution, which edges need
COLOUR, ALPHA = "color.jpg", "alpha.png"  # the names clients of remove.bg look for
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same picture gives the same archive on any day


@dataclass(frozen=True)
class File:
    data: bytes
    media_type: str
    suffix: str


def encode(pixels: np.ndarray, kind: str) -> File:
    """pixels: as in `Rendered`. kind: as in `Style.format`. Raises PictureTooLargeForFormat."""
    if kind == "auto":
        kind = "jpeg" if pixels.shape[2:] == (3,) else "png"
    if kind == "zip":
        return File(_archive(pixels), "application/zip", "zip")
    if kind == "png" and pixels.ndim == 2:
        return File(png8(pixels), "image/png", "png")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    data = export(pixels, kind, quality=QUALITY, profile=srgb_profile())
    return File(data, f"image/{kind}", {"jpeg": "jpg"}.get(kind, kind))


def _archive(pixels: np.ndarray) -> bytes:
    alpha, colour = _parted(pixels)
    jpeg = export(colour, "jpeg", quality=QUALITY, profile=srgb_profile())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in ((COLOUR, jpeg), (ALPHA, png8(alpha))):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data)
    return file.getvalue()


def _parted(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(alpha, colours without holes)."""
    if pixels.ndim == 2:
        return pixels, np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 3:
        return np.full(pixels.shape[:2], 255, np.uint8), pixels
    alpha, colour = np.ascontiguousarray(pixels[..., 3]), np.ascontiguousarray(pixels[..., :3])
    spread(colour, alpha)
    return alpha, colour
