"""Slips of JPEG writers that libjpeg warns about although the picture is whole.

They are found in the bytes, not in the warning: libvips keeps its messages in one buffer for all threads.
Format: ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct

_SEQUENTIAL = frozenset({0xC0, 0xC1})
_SCAN = 0xDA


def has_harmless_slip(data: bytes) -> bool:
    """Litter between the segments before the first scan, or a sequential scan with a spectral range of its own."""
    at, sequential = 2, False
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return True
        while at + 4 < len(data) and data[at + 1] == 0xFF:  # fill bytes are allowed
            at += 1
        marker, size = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        end = at + 2 + size
        if marker == _SCAN:
            return sequential and data[end - 3 : end] != b"\0\x3f\0"
        sequential |= marker in _SEQUENTIAL
        at = end
    return False
