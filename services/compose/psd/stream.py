"""Writing sections whose length is known only after their content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from services.compose.psd import packbits
from services.compose.psd.model import Plane

BAND = 256


class Stream:
    """A seekable binary file; `big` widens lengths and row counts for PSB."""

    def __init__(self, file: BinaryIO, big: bool) -> None:
        self.file, self.big = file, big
        self.length = ">Q" if big else ">I"

    def write(self, data: bytes) -> None:
        self.file.write(data)

    def pack(self, code: str, *values: object) -> None:
        self.file.write(struct.pack(code, *values))

    def reserve(self, code: str) -> int:
        """Leaves room for one number; `fill` writes it later."""
        position = self.file.tell()
        self.pack(code, 0)
        return position

    def fill(self, position: int, data: bytes) -> None:
        end = self.file.tell()
        self.file.seek(position)
        self.file.write(data)
        self.file.seek(end)

    @contextmanager
    def section(self, code: str, *, pad: int = 1, padded_length: bool = True) -> Iterator[None]:
        """A length by struct code, the content, zeros up to a multiple of `pad`, counted in the length or not."""
        position = self.reserve(code)
        start = self.file.tell()
        yield
        size = self.file.tell() - start
        padding = -size % pad
        self.write(bytes(padding))
        self.fill(position, struct.pack(code, size + (padding if padded_length else 0)))

    def planes(self, *planes: Plane) -> int:
        """Run-length coded channels: compression 1, byte counts of all rows, the rows. Returns the bytes written."""
        start = self.file.tell()
        self.pack(">H", 1)
        table = self.file.tell()
        sizes = np.zeros(sum(plane.shape[0] for plane in planes), ">u4" if self.big else ">u2")
        self.write(sizes.tobytes())
        row = 0
        for plane in planes:
            for y in range(0, plane.shape[0], BAND):
                band = np.ascontiguousarray(plane[y : y + BAND], np.uint8)
                data, counts = packbits.encode(band)
                self.write(data)
                sizes[row : row + len(band)] = counts
                row += len(band)
        self.fill(table, sizes.tobytes())
        return self.file.tell() - start
