"""A small picture of the composition, quickly: the same functions on reduced inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.compose import exports
from services.compose.cutout import Cutout
from services.compose.render import render
from services.compose.template import Canvas, ExportSpec, Template

SIDE = 512  # pixels of the longer side
REDUCED = 1280  # longer side the inputs are reduced to beforehand: finer than the preview even for a small product
MAX_BYTES = 200_000


@dataclass(frozen=True)
class Preview:
    data: bytes
    media_type: str
    width: int
    height: int


def preview(
    foreground: np.ndarray, alpha: np.ndarray, shadow: np.ndarray | None, template: Template, sku: str, scale: float
) -> Preview:
    """JPEG, or WebP for a transparent background, of at most 200 KB.

    foreground: uint8 (h, w, 3), encoded sRGB; alpha: float32 (h, w). Both reduced by `scale` (1: not at all), which
    tells how far the template lets the product be enlarged. shadow: multiply map of the whole photo, uint8, any size.
    Raises CutoutEmpty, ExportTooLarge.
    """
    canvas = template.canvas
    shrink = min(1.0, SIDE / canvas.long_side)
    width, height = (max(1, round(side * shrink)) for side in (canvas.width, canvas.height))
    place = replace(template.place, max_upscale=template.place.max_upscale * shrink / scale)
    small = Canvas(width, height, canvas.dpi)
    cutout = Cutout(foreground, foreground, alpha)
    flat = render(cutout, shadow, replace(template, canvas=small, place=place), width, height, sku).flat
    kind = "webp" if template.transparent else "jpeg"
    spec = ExportSpec("preview", width, height, kind, quality=82, max_bytes=MAX_BYTES)
    encoded = exports.encode(flat, spec, small, b"")
    return Preview(encoded.data, f"image/{kind}", encoded.width, encoded.height)
