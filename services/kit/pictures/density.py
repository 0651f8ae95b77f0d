"""The resolution a JPEG or PNG notes (JFIF 1.02, "APP0"; PNG, third edition, "pHYs").

libvips leaves the JFIF header out of files without EXIF, and reads a density into files that note none.
"""

from __future__ import annotations

import struct

from services.kit.pictures import png

_INCH = 0.0254  # metres
_PNG = b"\x89PNG\r\n\x1a\n"


def with_jfif(jpeg: bytes, dpi: int) -> bytes:
    """The file (which has no JFIF header) with one that notes `dpi` in both directions."""
    return jpeg[:2] + struct.pack(">2sH5sHBHHBB", b"\xff\xe0", 16, b"JFIF\0", 0x0102, 1, dpi, dpi, 0, 0) + jpeg[2:]


def dots_per_inch(data: bytes) -> float | None:
    """What the file notes for the horizontal, to a tenth; None when it notes nothing or is of another format."""
    if data[:4] == b"\xff\xd8\xff\xe0" and data[6:11] == b"JFIF\0" and len(data) >= 18:
        unit, dots = struct.unpack_from(">BH", data, 13)
        return round({1: 1.0, 2: 2.54}[unit] * dots, 1) if unit in (1, 2) else None
    dots_per_metre = png.dots_per_metre(data) if data[:8] == _PNG else None
    return None if dots_per_metre is None else round(dots_per_metre * _INCH, 1)
