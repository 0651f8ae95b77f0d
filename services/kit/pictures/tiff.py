"""A walk over TIFF directories, for what libvips does not tell: camera RAW, pages, the meaning of extra samples.

Camera RAW files open as ordinary TIFF in libtiff and give a dark mosaic or a thumbnail without any error, so they
have to be recognised before libvips sees them. Tag numbers: TIFF 6.0, DNG 1.7, TIFF/EP (ISO 12234-2).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SUBIFDS, _EXTRA, _DNG = 254, 259, 262, 271, 330, 338, 50706
_WANTED = frozenset({_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SUBIFDS, _EXTRA, _DNG})
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOSAIC = frozenset({32803, 34892})  # colour filter array, linear raw
# Nikon NEF, Sony ARW, packed RAW, Samsung SRW, Kodak DCR, Pentax PEF
_RAW_COMPRESSION = frozenset({34713, 32767, 32769, 32770, 65000, 65535})
_MAKES = {
    "NIKON": "nef",
    "SONY": "arw",
    "PENTAX": "pef",
    "RICOH": "pef",
    "SAMSUNG": "srw",
    "HASSELBLAD": "3fr",
    "PHASE ONE": "iiq",
    "LEAF": "mos",
    "KODAK": "dcr",
    "EASTMAN": "dcr",
    "EPSON": "erf",
    "CANON": "cr2",
    "OLYMPUS": "orf",
    "PANASONIC": "rw2",
}
_MOST_DIRECTORIES = 256

Directory = dict[int, tuple[int, ...] | bytes]


@dataclass(frozen=True)
class TiffFacts:
    """raw: the kind of camera RAW or None; pages: full pictures in the file; alpha: what the extra samples mean."""

    raw: str | None
    pages: int
    alpha: str  # none | straight | premultiplied | unspecified


def facts(data: bytes) -> TiffFacts:
    """Reads what the directories say; a damaged directory ends the walk, libvips reports it later."""
    walk = _Walk(data)
    pages = walk.pages()
    everything = [*pages, *walk.below(pages)]
    full = sum(1 for page in pages if not _first(page, _SUBFILE) & 0b101)  # neither preview nor mask
    return TiffFacts(_raw(data, everything), max(1, full), _alpha(pages))


def _raw(data: bytes, directories: list[Directory]) -> str | None:
    if data[8:10] == b"CR" and data[:2] == b"II":
        return "cr2"
    if any(_DNG in directory for directory in directories):
        return "dng"
    for directory in directories:
        if _first(directory, _PHOTOMETRIC) in _MOSAIC or _first(directory, _COMPRESSION) in _RAW_COMPRESSION:
            break
    else:
        return None
    makes = b" ".join(bytes(directory.get(_MAKE, b"")) for directory in directories).decode("latin-1").upper()
    return next((kind for make, kind in _MAKES.items() if make in makes), "raw")


def _alpha(pages: list[Directory]) -> str:
    if not pages or _EXTRA not in pages[0]:
        return "none"
    return {1: "premultiplied", 2: "straight"}.get(_first(pages[0], _EXTRA), "unspecified")


def _first(directory: Directory, tag: int) -> int:
    value = directory.get(tag, ())
    return int(value[0]) if value else 0


class _Walk:
    """Classic and Big TIFF, either byte order."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = data[2:4] in {b"+\0", b"\0+"}
        self.seen: set[int] = set()

    def pages(self) -> list[Directory]:
        """The main chain."""
        return self._chain(self._number("Q" if self.big else "I", 8 if self.big else 4))

    def below(self, directories: list[Directory]) -> list[Directory]:
        """Every sub-directory, at any depth."""
        found: list[Directory] = []
        for directory in directories:
            for offset in directory.get(_SUBIFDS, ()):
                inner = self._chain(offset)
                found += [*inner, *self.below(inner)]
        return found

    def _chain(self, offset: int | None) -> list[Directory]:
        found: list[Directory] = []
        while offset and offset not in self.seen and len(self.seen) < _MOST_DIRECTORIES:
            self.seen.add(offset)
            directory, offset = self._directory(offset)
            found.append(directory)
        return found

    def _directory(self, offset: int) -> tuple[Directory, int | None]:
        entry, field = (20, 8) if self.big else (12, 4)
        count = self._number("Q" if self.big else "H", offset)
        if count is None or count > 65535:
            return {}, None
        start = offset + (8 if self.big else 2)
        directory: Directory = {}
        for at in range(start, start + count * entry, entry):
            tag = self._number("H", at)
            if tag is None:
                return directory, None
            if tag in _WANTED:
                directory[tag] = self._values(at, field)
        return directory, self._number("Q" if self.big else "I", start + count * entry)

    def _values(self, at: int, field: int) -> tuple[int, ...] | bytes:
        wide = "Q" if self.big else "I"
        kind, count = self._number("H", at + 2), self._number(wide, at + 4)
        if kind not in _SIZES or count is None or not 0 < count <= 4096:
            return ()
        size, where = _SIZES[kind] * count, at + 4 + field
        if size > field:
            where = self._number(wide, where) or len(self.data)
        raw = self.data[where : where + size]
        if len(raw) < size:
            return ()
        return raw if kind == 2 else struct.unpack(f"{self.order}{count}{_CODES[kind]}", raw)

    def _number(self, code: str, at: int) -> int | None:
        if at + struct.calcsize(f"={code}") > len(self.data):
            return None
        return int(struct.unpack_from(self.order + code, self.data, at)[0])
