"""Just enough of ISO base media files (ISO/IEC 14496-12) to tell a picture from a film: brands and sample counts."""

from __future__ import annotations

import struct
from collections.abc import Iterator

SEQUENCE_BRANDS = frozenset({"avis", "hevc", "hevx", "heim", "heis", "msf1"})
_AVIF = frozenset({"avif", "avis"})
_HEIC = frozenset({"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"})
_PATH_TO_SIZES = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")


def brands(data: bytes) -> tuple[str, ...]:
    """Major brand first, then the compatible ones; empty when the file does not start with an `ftyp` box."""
    if len(data) < 12 or data[4:8] != b"ftyp":
        return ()
    end = min(struct.unpack_from(">I", data)[0], len(data), 1024)
    starts = [8, *range(16, end - 3, 4)]
    return tuple(data[at : at + 4].decode("latin-1") for at in starts)


def still_format(names: tuple[str, ...]) -> str | None:
    """'avif' or 'heic' when the brands promise a picture we decode."""
    if not names or names[0] not in _AVIF | _HEIC:
        return None
    # A major brand of mif1/msf1 says only "HEIF"; the codec is among the compatible brands.
    if names[0] in _AVIF or (names[0] in {"mif1", "msf1"} and _AVIF & set(names)):
        return "avif"
    return "heic"


def sequence_frames(data: bytes) -> int:
    """Frames of the longest track when the major brand says image sequence, else 1."""
    if not SEQUENCE_BRANDS.intersection(brands(data)[:1]):
        return 1
    return max(_track_lengths(data, 0, len(data), 0), default=1)


def names_are_text(data: bytes) -> bool:
    """Whether the types and names of all items (`meta`/`iinf`/`infe`) are UTF-8; pi-heif 1.4 crashes on others."""
    for meta, start, end in _boxes(data, 0, len(data)):
        for kind, body, stop in _boxes(data, start + 4, end) if meta == b"meta" else ():
            first = body + (6 if data[body : body + 1] == b"\0" else 8)  # version, flags, number of items
            for _, item, item_end in _boxes(data, first, stop) if kind == b"iinf" else ():
                text = item + (10 if data[item : item + 1] == b"\3" else 8)  # version, flags, id, protection
                try:
                    data[text:item_end].decode()
                except UnicodeDecodeError:
                    return False
    return True


def _track_lengths(data: bytes, start: int, end: int, depth: int) -> Iterator[int]:
    for kind, body, stop in _boxes(data, start, end):
        if kind != _PATH_TO_SIZES[depth]:
            continue
        if depth + 1 < len(_PATH_TO_SIZES):
            yield from _track_lengths(data, body, stop, depth + 1)
        elif stop - body >= 12:
            yield struct.unpack_from(">I", data, body + 8)[0]  # version+flags, sample size, sample count


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, body start, end) of the boxes in a range; stops at the first one that does not fit."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and start + 16 <= end:
            size, body = struct.unpack_from(">Q", data, start + 8)[0], start + 16
        stop = end if size == 0 else start + size
        if not body <= stop <= end:
            return
        yield kind, body, stop
        start = stop
