"""A file to upright sRGB pixels.

libvips streams the file once from top to bottom; turning and mirroring happens on the 8-bit result. (Turning inside
libvips would need random access, which means a second copy at the depth of the file, or a temporary file on disk.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.errors import TruncatedFile
from services.kit.pictures import heif, raster, raw
from services.kit.pictures.header import Header
from services.kit.pictures.model import Limits, Picture
from services.kit.pictures.probe import describe, read_header
from services.kit.pictures.profiles import SourceProfile, choose, convert
from services.kit.pictures.vips import Error, Image, damaged

# Each undoes its EXIF orientation (CIPA DC-008, tag 274).
_TURNS: Mapping[int, Callable[[NDArray[np.uint8]], Any]] = {
    2: partial(cv2.flip, flipCode=1),
    3: partial(cv2.rotate, rotateCode=cv2.ROTATE_180),
    4: partial(cv2.flip, flipCode=0),
    5: cv2.transpose,
    6: partial(cv2.rotate, rotateCode=cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
    8: partial(cv2.rotate, rotateCode=cv2.ROTATE_90_COUNTERCLOCKWISE),
}
_BAND = 256  # rows
_SHRINKING = frozenset({"jpeg", "webp"})


def decode(data: bytes, limits: Limits | None = None, *, long_side: int | None = None, quick: bool = False) -> Picture:
    """The first picture of a file as uint8 sRGB, upright, colours converted from the embedded profile.

    long_side: decode so that the longer side has this many pixels; never enlarges. quick: in a third of the time,
    pixels up to a level darker, for eyes that do not mind.
    Raises what probe() raises; TruncatedFile also when the damage shows only in the pixels. ValueError: long_side < 1.
    """
    if long_side is not None and long_side < 1:
        raise ValueError(f"long_side must be at least 1, not {long_side}")
    header = read_header(data, limits or Limits())
    profile = choose(header)
    width, height = header.width, header.height
    if long_side is not None:
        width, height = fitted(width, height, long_side)
    try:
        pixels = _pixels(data, header, profile, width, height, quick)
    except Error as error:
        raise damaged() from error
    rgb, alpha = _split(_turn(pixels, header.orientation))
    return Picture(rgb=rgb, info=describe(header, profile), icc=header.icc, alpha=alpha)


def fitted(width: int, height: int, long_side: int) -> tuple[int, int]:
    """The size with the longer side at most `long_side`, the shorter rounded to the nearest pixel, at least 1."""
    longest = max(width, height)
    if longest <= long_side:
        return width, height
    return tuple(max(1, (2 * side * long_side + longest) // (2 * longest)) for side in (width, height))  # type: ignore[return-value]


def _pixels(
    data: bytes, header: Header, profile: SourceProfile, width: int, height: int, quick: bool
) -> NDArray[np.uint8]:
    """uint8 (height, width, 3 or 4), not yet turned."""
    shrink = _shrink_on_load(header, width, height)
    image = _open(data, header.format, shrink)
    if (image.width * shrink, image.height * shrink) != (header.width, header.height):
        raise TruncatedFile(cause=f"the header says {header.width} x {header.height}, the data has another size")
    colours = raster.COLOUR_BANDS[header.space]
    if image.bands > colours + header.has_alpha:
        image = image.extract_band(0, n=colours + header.has_alpha)
    if (image.width, image.height) != (width, height):
        image = _resize(image, width, height, header.has_alpha, quick)
    alpha = _eight_bits(image[colours], header.bits) if header.has_alpha else None
    colour = image.extract_band(0, n=colours) if header.has_alpha else image
    rgb = _colours(_full_range(colour, header.bits), profile)
    if alpha is not None:
        rgb = rgb.bandjoin(alpha)
    return rgb.numpy().reshape(height, width, -1)  # type: ignore[no-any-return]


def _open(data: bytes, kind: str, shrink: int) -> Image:
    if kind == "heic":
        return heif.pixels(data)
    return raw.pixels(data, kind, shrink) if kind in raw.KINDS else raster.pixels(data, kind, shrink)


def _shrink_on_load(header: Header, width: int, height: int) -> int:
    """How much of the reduction the decoder may do: it leaves a factor of two for a good filter, and divides evenly.

    With a remainder the decoder would pad the last column or row and so stretch the picture by a part of a pixel.
    """
    factor = min(header.width / width, header.height / height)
    if header.format in raw.KINDS:  # a block of the mosaic is one colour, with nothing to filter between
        return 2 if factor >= 2 and not (header.width % 2 or header.height % 2) else 1
    if header.format not in _SHRINKING:
        return 1
    return next(s for s in (8, 4, 2, 1) if s == 1 or (factor >= 2 * s and not (header.width % s or header.height % s)))


def _resize(image: Image, width: int, height: int, has_alpha: bool, quick: bool) -> Image:
    """Lanczos to exactly this size, at the depth of the input; transparent colours do not bleed.

    In floats, unless it must be quick: libvips' integer kernels cut instead of rounding and darken a photo by up to a
    level.
    """
    kind, interpretation = image.format, image.interpretation
    limit = 255 if kind == "uchar" else 65535
    if has_alpha:
        image = image.premultiply(max_alpha=limit)
    elif not quick:
        image = image.cast("float")
    image = image.resize(width / image.width, vscale=height / image.height, kernel="lanczos3")
    if has_alpha:
        image = image.unpremultiply(max_alpha=limit)
    return image.rint().cast(kind).copy(interpretation=interpretation)  # integers pass rint as they are


def _colours(image: Image, profile: SourceProfile) -> Image:
    """Three bands of 8-bit sRGB; deep input is converted at 16 bits and rounded once, at the end."""
    deep = image.format == "ushort"
    if profile.icc is not None or image.interpretation == "cmyk":
        image = convert(image, profile.icc, 16 if deep else 8)
    if deep:
        image = _rounded(image)
    return image if image.bands == 3 else image.bandjoin([image, image])


def _full_range(image: Image, bits: int) -> Image:
    """10 and 12-bit samples come in the upper bits of 16; their highest value becomes 65535."""
    if image.format == "uchar" or bits == 16:
        return image
    top = ((1 << bits) - 1) << (16 - bits)
    return (image * (65535 / top)).rint().cast("ushort").copy(interpretation=image.interpretation)


def _eight_bits(image: Image, bits: int) -> Image:
    return image if image.format == "uchar" else _rounded(_full_range(image, bits))


def _rounded(image: Image) -> Image:
    return (image / 257.0).rint().cast("uchar").copy(interpretation="srgb" if image.bands == 3 else "b-w")


def _turn(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    if orientation in _TURNS:
        pixels = _TURNS[orientation](pixels)
    return pixels


def _split(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    if pixels.shape[2] == 3:
        return pixels, None
    alpha = np.ascontiguousarray(pixels[..., 3])
    rgb = np.ascontiguousarray(pixels[..., :3])
    for top in range(0, len(alpha), _BAND):  # a mask of the whole picture would be a third of a copy
        rgb[top : top + _BAND][alpha[top : top + _BAND] == 0] = 255
    return rgb, alpha
