"""Files to publish, from a flat picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.compose import resize
from services.compose.errors import ExportTooLarge
from services.compose.template import Canvas, ExportSpec
from services.kit.pictures import display_p3_profile, srgb_profile, srgb_to_display_p3
from services.kit.pictures.encode import export

LOWEST_QUALITY = 40  # max_bytes never goes below: blocks would show
SUFFIX = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}


@dataclass(frozen=True)
class Encoded:
    data: bytes
    width: int
    height: int
    quality: int  # lower than asked for where max_bytes demands it


def size(spec: ExportSpec, canvas: Canvas) -> tuple[int, int]:
    """(width, height) of an export; without a height it has the canvas aspect."""
    return spec.width, spec.height or max(1, round(spec.width * canvas.height / canvas.width))


def keeps_aspect(spec: ExportSpec, canvas: Canvas) -> bool:
    """Whether the export is the canvas made smaller; otherwise it is rendered on a canvas of its own."""
    width, height = size(spec, canvas)
    return abs(height - width * canvas.height / canvas.width) <= 1.0


def encode(flat: np.ndarray, spec: ExportSpec, canvas: Canvas, xmp: bytes) -> Encoded:
    """One export of `flat`: uint8 (H, W, 3), or (H, W, 4) straight. Profile and XMP embedded.

    Raises ExportTooLarge when `max_bytes` cannot be met.
    """
    width, height = size(spec, canvas)
    picture = resize.scale_to(flat, width, height)
    profile = srgb_profile()
    if spec.profile == "display-p3":
        picture, profile = srgb_to_display_p3(picture), display_p3_profile()

    def attempt(quality: int) -> bytes:
        return export(picture, spec.format, quality=quality, profile=profile, xmp=xmp, dpi=spec.dpi)

    data = attempt(spec.quality)
    limit = spec.max_bytes
    if limit is None or len(data) <= limit:
        return Encoded(data, width, height, spec.quality)
    low, high = LOWEST_QUALITY, spec.quality - 1
    if spec.format == "png" or high < low:
        raise ExportTooLarge(name=spec.name, size=len(data), quality=spec.quality, limit=limit)
    best = attempt(low)
    if len(best) > limit:
        raise ExportTooLarge(name=spec.name, size=len(best), quality=low, limit=limit)
    while low < high:
        middle = (low + high + 1) // 2
        data = attempt(middle)
        if len(data) <= limit:
            low, best = middle, data
        else:
            high = middle - 1
    return Encoded(best, width, height, low)
