"""JPEG, PNG, WebP, TIFF and the pixels of AVIF, read by libvips."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from services.kit.errors import UnsupportedFormat
from services.kit.pictures import icc as icc_format
from services.kit.pictures import jpeg, png, tiff
from services.kit.pictures.header import Header
from services.kit.pictures.vips import Error, Image, damaged, in_memory

# One loader per format, called by name: whatever else libvips could open is out of reach.
_LOADERS: Mapping[str, Any] = {
    "jpeg": Image.jpegload_source,
    "png": Image.pngload_source,
    "webp": Image.webpload_source,
    "tiff": Image.tiffload_source,
    "avif": Image.heifload_source,
}
_SPACES = {"srgb": "rgb", "rgb": "rgb", "rgb16": "rgb", "b-w": "grey", "grey16": "grey", "cmyk": "cmyk"}
COLOUR_BANDS = {"rgb": 3, "grey": 1, "cmyk": 4}


def header(data: bytes, kind: str) -> Header:
    """Header of a sniffed file. Raises TruncatedFile, or UnsupportedFormat for samples that are no 8/16-bit colours."""
    image = _open(data, kind)
    extra, frames = "straight", 1
    if kind == "tiff":
        facts = tiff.facts(data)
        extra, frames = facts.alpha, facts.pages
    elif kind == "png":
        frames = png.frames(data)
    elif image.get_typeof("n-pages"):
        frames = image.get("n-pages")
    space = _SPACES.get(image.interpretation)
    if space is None or image.format not in {"uchar", "ushort"}:
        raise UnsupportedFormat(found=f"{kind.upper()} with {image.interpretation} samples of type {image.format}")
    orientation = _field(image, "orientation", 1)
    embedded = _field(image, "icc-profile-data", None)
    if kind == "png" and embedded is None:
        embedded = png.profile(data)
    return Header(
        format=kind,
        width=image.width,
        height=image.height,
        bits=_field(image, "bits-per-sample", 8 if image.format == "uchar" else 16),
        space=space,
        # Saved selections of an editor are extra samples too, but of no declared meaning: not transparency.
        has_alpha=image.bands > COLOUR_BANDS[space] and extra in {"straight", "premultiplied"},
        frames=frames,
        orientation=orientation if orientation in range(1, 9) else 1,
        icc=bytes(embedded) if embedded is not None else None,
        implied=_adobe_rgb() if _field(image, "exif-ifd4-InteroperabilityIndex", "").startswith("R03") else None,
    )


def pixels(data: bytes, kind: str, shrink: int = 1) -> Image:
    """A lazy image, to be read once from top to bottom; JPEG and WebP decode 1/shrink of the size directly.

    A warning of the JPEG decoder counts as an error, unless the file has a slip that is known to be harmless: that
    lines are missing in front of a proper end is only a warning.
    """
    if kind == "jpeg":
        return _open(data, kind, shrink=shrink, fail_on="error" if jpeg.has_harmless_slip(data) else "warning")
    if kind == "webp":
        return _open(data, kind, scale=1.0 / shrink)
    return _open(data, kind)


def gif_frames(data: bytes) -> int:
    """Frames of a GIF, 1 when it cannot be read."""
    try:
        return int(Image.gifload_source(in_memory(data)).get("n-pages"))
    except Error:
        return 1


def _open(data: bytes, kind: str, **options: Any) -> Image:
    try:
        return _LOADERS[kind](in_memory(data), **{"access": "sequential", "fail_on": "error", **options})
    except Error as error:
        raise damaged() from error


def _field(image: Image, name: str, default: Any) -> Any:
    return image.get(name) if image.get_typeof(name) else default


@cache
def _adobe_rgb() -> bytes:
    """Cameras set to Adobe RGB may write only the EXIF mark R03 (DCF 2.0), no profile."""
    return icc_format.matrix_profile("Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), transfer=563 / 256)
