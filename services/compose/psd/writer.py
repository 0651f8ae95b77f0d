"""A whole document into a file, in one pass, holding one band of rows at a time."""

from __future__ import annotations

import struct
from typing import BinaryIO

from services.compose.psd import layers, smart_object
from services.compose.psd.metadata import resources
from services.compose.psd.model import Document, SmartObject
from services.compose.psd.stream import Stream

_RGB, _BITS = 3, 8


def write(document: Document, file: BinaryIO) -> None:
    """Writes `document` at the position of `file`, which must be seekable: 8-bit RGB, run-length coded.

    PSB when `document.big`. An embedded document is written straight into its place.
    """
    stream = Stream(file, document.big)
    version = 2 if document.big else 1
    stream.write(b"8BPS" + struct.pack(">H6x", version))
    stream.pack(">HIIHH", len(document.merged), document.height, document.width, _BITS, _RGB)
    stream.pack(">I", 0)  # colour mode data
    with stream.section(">I"):
        stream.write(resources(document))
    with stream.section(stream.length):
        with stream.section(stream.length, pad=4):
            layers.write(stream, document.layers, transparent=len(document.merged) == 4)
        stream.pack(">I", 0)  # global layer mask
        embedded = layers.smart_objects(document.layers)
        if embedded:
            stream.write(b"8BIMlnk2")
            with stream.section(stream.length, pad=4):
                for smart in embedded:
                    _embed(stream, smart)
    stream.planes(*document.merged)


def _embed(stream: Stream, smart: SmartObject) -> None:
    with stream.section(">Q", pad=4, padded_length=False):
        stream.write(smart_object.linked_head(smart))
        size = stream.reserve(">Q")
        stream.write(smart_object.linked_options())
        start = stream.file.tell()
        write(smart.document, stream.file)
        stream.fill(size, struct.pack(">Q", stream.file.tell() - start))
        stream.write(smart_object.linked_tail())
