"""Arrays to files and back: PNG between our own services, and the formats shops publish.

Between services speed counts more than size: fast filter, low compression. What people publish carries its profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from services.kit.errors import UnsupportedFormat
from services.kit.pictures import icc as icc_format
from services.kit.pictures.density import with_jfif
from services.kit.pictures.errors import PictureTooLargeForFormat
from services.kit.pictures.vips import Error, Image, damaged, in_memory, with_profile

# "up" needs one subtraction a byte. Level 2 costs a third more time than level 1 and saves a third of the bytes.
_PNG: Mapping[str, Any] = {"compression": 2, "filter": "up", "interlace": False}
_KEEP = "icc:xmp"
_INTERPRETATIONS = {
    (1, "uint8"): "b-w",
    (1, "uint16"): "grey16",
    (3, "uint8"): "srgb",
    (4, "uint8"): "srgb",
}
# JPEG: libjpeg-turbo; WebP: its container; AVIF: libvips.
_LONGEST_SIDE = {"jpeg": 65_500, "webp": 16_383, "avif": 16_384}


def png16(grey: NDArray[Any]) -> bytes:
    """16-bit grey PNG of (H, W): uint16 as it is, floats in [0, 1] rounded to 65535 steps (outside is clipped)."""
    if grey.dtype.kind == "f":
        steps = np.clip(grey, 0.0, 1.0)
        steps *= 65535.0
        grey = np.rint(steps, out=steps).astype(np.uint16)
    return _png(grey, 1, "uint16")


def png8(grey: NDArray[np.uint8]) -> bytes:
    """8-bit grey PNG of uint8 (H, W)."""
    return _png(grey, 1, "uint8")


def png_rgb(rgb: NDArray[np.uint8]) -> bytes:
    """PNG of uint8 sRGB (H, W, 3) with the sRGB profile."""
    return _png(rgb, 3, "uint8", icc_format.srgb())


def png_rgba(rgba: NDArray[np.uint8]) -> bytes:
    """PNG of uint8 sRGB with straight alpha, (H, W, 4), with the sRGB profile."""
    return _png(rgba, 4, "uint8", icc_format.srgb())


def read_grey(data: bytes) -> NDArray[Any]:
    """(H, W) of a grey PNG: uint8 or uint16 as stored. Raises TruncatedFile, UnsupportedFormat."""
    return _read(data, 1)[..., 0]


def read_rgb(data: bytes) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) of an RGB PNG of ours, values as stored. Raises TruncatedFile, UnsupportedFormat."""
    return _read(data, 3)


def read_rgba(data: bytes) -> NDArray[np.uint8]:
    """uint8 (H, W, 4) of an RGBA PNG of ours, values as stored. Raises TruncatedFile, UnsupportedFormat."""
    return _read(data, 4)


def export(
    rgb: NDArray[np.uint8],
    fmt: str,
    *,
    quality: int,
    profile: bytes,
    xmp: bytes | None = None,
    dpi: int | None = None,
) -> bytes:
    """A file to publish.

    rgb: uint8 (H, W, 3), already in the space of `profile`; (H, W, 4) with straight alpha too, except for JPEG.
    fmt: 'jpeg', 'webp', 'avif' or 'png'. quality: 1..100; PNG is lossless whatever it says. profile: the ICC bytes to
    embed. xmp: an XMP packet to embed. dpi: the resolution JPEG and PNG note; None leaves libvips' own.
    Raises PictureTooLargeForFormat; ValueError for an unknown format or a quality out of range.
    """
    if fmt not in {*_LONGEST_SIDE, "png"}:
        raise ValueError(f"format must be jpeg, webp, avif or png, not {fmt!r}")
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be 1..100, not {quality}")
    height, width = rgb.shape[:2]
    limit = _LONGEST_SIDE.get(fmt)
    if limit and max(width, height) > limit:
        raise PictureTooLargeForFormat(format=fmt.upper(), limit=limit, width=width, height=height)
    bands = 4 if fmt != "jpeg" and rgb.shape[2:] == (4,) else 3
    image = with_profile(_image(rgb, bands, "uint8"), profile)
    if xmp:
        image.set_type(pyvips.GValue.blob_type, "xmp-data", xmp)
    if dpi:
        image = image.copy(xres=dpi / 25.4, yres=dpi / 25.4)
    if fmt == "jpeg":
        data: bytes = image.jpegsave_buffer(Q=quality, optimize_coding=True, keep=_KEEP)
        return with_jfif(data, dpi) if dpi else data
    if fmt == "webp":
        return image.webpsave_buffer(Q=quality, effort=4, smart_subsample=True, keep=_KEEP)  # type: ignore[no-any-return]
    if fmt == "avif":
        return image.heifsave_buffer(compression="av1", Q=quality, effort=3, bitdepth=8, keep=_KEEP)  # type: ignore[no-any-return]
    return image.pngsave_buffer(compression=6, filter="all", keep=_KEEP)  # type: ignore[no-any-return]


def _png(array: NDArray[Any], bands: int, dtype: str, profile: bytes | None = None) -> bytes:
    image = with_profile(_image(array, bands, dtype), profile)
    return image.pngsave_buffer(**_PNG, keep="icc")  # type: ignore[no-any-return]


def _image(array: NDArray[Any], bands: int, dtype: str) -> Image:
    shape = array.shape if bands > 1 else (*array.shape, 1)
    if len(shape) != 3 or shape[2] != bands or array.dtype != dtype or 0 in shape:
        raise ValueError(f"expected {dtype} with {bands} channel(s), not {array.dtype} {array.shape}")
    pixels = np.ascontiguousarray(array)
    vips_format = "uchar" if dtype == "uint8" else "ushort"
    image = Image.new_from_memory(pixels.data, shape[1], shape[0], bands, vips_format)
    return image.copy(interpretation=_INTERPRETATIONS[bands, dtype])


def _read(data: bytes, bands: int) -> NDArray[Any]:
    try:
        image = Image.pngload_source(in_memory(data), access="sequential", fail_on="error")
        if image.bands != bands or (bands > 1 and image.format != "uchar"):
            raise UnsupportedFormat(found=f"a PNG with {image.bands} channel(s) where {bands} are needed")
        return image.numpy().reshape(image.height, image.width, bands)  # type: ignore[no-any-return]
    except Error as error:
        raise damaged() from error
