"""Camera RAW with known colours: an uncompressed DNG, as small as LibRaw takes it."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

NEUTRAL = (0.5, 1.0, 0.625)  # what the sensor says of a white card
BLACK, WHITE = 512, 15_872
# XYZ (D65) to linear sRGB, IEC 61966-2-1
_XYZ_TO_SRGB = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_PACK = {_BYTE: "B", _SHORT: "H", _LONG: "I"}


def mosaic(linear: NDArray[np.float32]) -> NDArray[np.uint16]:
    """What an RGGB sensor sees of linear sRGB float (H, W, 3): uint16 (H, W)."""
    seen = BLACK + np.clip(linear * np.float32(NEUTRAL), 0, 1) * (WHITE - BLACK)
    raw = np.rint(seen[..., 1]).astype(np.uint16)
    raw[::2, ::2] = np.rint(seen[::2, ::2, 0])
    raw[1::2, 1::2] = np.rint(seen[1::2, 1::2, 2])
    return raw


def dng(linear: NDArray[np.float32], *, orientation: int = 1, size: tuple[int, int] | None = None) -> bytes:
    """A DNG 1.4 of linear sRGB float (H, W, 3). `size`: (width, height) the header claims instead of the true one."""
    samples = mosaic(linear)
    width, height = size or samples.shape[::-1]
    matrix = [
        round(value * neutral * 10_000) for row, neutral in zip(_XYZ_TO_SRGB, NEUTRAL, strict=True) for value in row
    ]
    tags: dict[int, tuple[int, bytes]] = {
        254: _numbers(_LONG, 0),
        256: _numbers(_LONG, width),
        257: _numbers(_LONG, height),
        258: _numbers(_SHORT, 16),
        259: _numbers(_SHORT, 1),
        262: _numbers(_SHORT, 32803),
        271: (_ASCII, b"Selvage\0"),
        272: (_ASCII, b"Test sensor\0"),
        273: _numbers(_LONG, 0),  # where the samples start, set below
        274: _numbers(_SHORT, orientation),
        277: _numbers(_SHORT, 1),
        278: _numbers(_LONG, height),
        279: _numbers(_LONG, width * height * 2),
        33421: _numbers(_SHORT, 2, 2),
        33422: _numbers(_BYTE, 0, 1, 1, 2),
        50706: _numbers(_BYTE, 1, 4, 0, 0),
        50708: (_ASCII, b"Selvage test sensor\0"),
        50714: _numbers(_LONG, BLACK),
        50717: _numbers(_LONG, WHITE),
        50721: (_SRATIONAL, b"".join(struct.pack("<ii", value, 10_000) for value in matrix)),
        50728: (_RATIONAL, b"".join(struct.pack("<II", round(value * 1000), 1000) for value in NEUTRAL)),
        50778: _numbers(_SHORT, 21),  # D65
    }
    first = 8 + 2 + 12 * len(tags) + 4
    start = first + sum(len(value) + len(value) % 2 for _, value in tags.values() if len(value) > 4)
    tags[273] = _numbers(_LONG, start)
    entries, values = b"", b""
    for tag, (kind, value) in sorted(tags.items()):
        count = len(value) // {_SHORT: 2, _LONG: 4, _RATIONAL: 8, _SRATIONAL: 8}.get(kind, 1)
        inline = value.ljust(4, b"\0")
        if len(value) > 4:
            inline = struct.pack("<I", first + len(values))
            values += value + b"\0" * (len(value) % 2)
        entries += struct.pack("<HHI", tag, kind, count) + inline
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)
    return head + values + samples.astype("<u2").tobytes()


def _numbers(kind: int, *values: int) -> tuple[int, bytes]:
    return kind, struct.pack(f"<{len(values)}{_PACK[kind]}", *values)
