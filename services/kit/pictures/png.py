"""PNG chunks libvips keeps to itself: an animation's frame count, a profile libpng dislikes, the absent resolution.

Format: PNG (third edition), W3C.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_LARGEST_PROFILE = 16 << 20


def frames(data: bytes) -> int:
    """Frames an `acTL` chunk announces (APNG), 1 without one."""
    for kind, start, end in _before_pixels(data):
        if kind == b"acTL" and end - start >= 4:
            return int(struct.unpack_from(">I", data, start)[0])
    return 1


def profile(data: bytes) -> bytes | None:
    """The embedded profile as stored, usable or not; None without one. Damaged beyond unpacking it is empty."""
    for kind, start, end in _before_pixels(data):
        if kind == b"iCCP":
            name_end = data.find(b"\0", start, min(end, start + 80))
            try:
                return zlib.decompressobj().decompress(data[name_end + 2 : end], _LARGEST_PROFILE)
            except zlib.error:
                return b""
    return None


def dots_per_metre(data: bytes) -> int | None:
    """The horizontal resolution a `pHYs` chunk notes, None without one or when it only gives a ratio."""
    for kind, start, end in _before_pixels(data):
        if kind == b"pHYs" and end - start == 9:
            dots, _, unit = struct.unpack_from(">IIB", data, start)
            return int(dots) if unit == 1 else None
    return None


def _before_pixels(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of the chunks before the first `IDAT`, where all of these have to be."""
    at = 8
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT" or at + 12 + size > len(data):
            return
        yield kind, at + 8, at + 8 + size
        at += 12 + size
