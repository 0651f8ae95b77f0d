"""Writing sections whose length is known only after their content."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from services.compose.psd import packbits, samples
from services.compose.psd.model import Plane

BAND = 256
PSD_LIMIT = 2**31 - 1  # bytes; readers take a PSD's lengths as signed 32-bit numbers
_LEVEL = 1  # zlib: after prediction higher levels cost twice the time for a fiftieth of the bytes
_RLE, _ZIP_PREDICTED = 1, 3


class FileFull(Exception):
    """A PSD has grown beyond what its lengths can say."""


class Stream:
    """A seekable binary file; `big` widens lengths and row counts for PSB. `limit`: the file may not grow beyond."""

    def __init__(self, file: BinaryIO, big: bool, bits: int, limit: int | None) -> None:
        self.file, self.big, self.bits, self.limit = file, big, bits, limit
        self.length = ">Q" if big else ">I"

    def write(self, data: bytes | memoryview) -> None:
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

    def run_length(self, *planes: Plane) -> int:
        """Channels as compression 1, byte counts of all rows, the rows. Returns the bytes written."""
        start = self.file.tell()
        self.pack(">H", _RLE)
        table = self.file.tell()
        sizes = np.zeros(sum(plane.shape[0] for plane in planes), ">u4" if self.big else ">u2")
        self.write(sizes.tobytes())
        row = 0
        for plane in planes:
            for band in self._bands(plane):
                data, counts = packbits.encode(band.view(np.uint8))
                self.write(data)
                sizes[row : row + len(band)] = counts
                row += len(band)
        self.fill(table, sizes.tobytes())
        return self.file.tell() - start

    def zipped(self, plane: Plane) -> int:
        """One channel as compression 3 and a zlib stream of its differences. Returns the bytes written."""
        start = self.file.tell()
        self.pack(">H", _ZIP_PREDICTED)
        packer = zlib.compressobj(_LEVEL)
        for band in self._bands(plane):
            self.write(packer.compress(samples.differences(band).data))
        self.write(packer.flush())
        return self.file.tell() - start

    def _bands(self, plane: Plane) -> Iterator[np.ndarray]:
        for y in range(0, plane.shape[0], BAND):
            if self.limit is not None and self.file.tell() > self.limit:
                raise FileFull
            yield samples.rows(plane, y, y + BAND, self.bits)
