"""A whole document into a file, in one pass, holding one band of rows at a time."""

from __future__ import annotations

import struct
from typing import BinaryIO

from services.compose.psd import layers, smart_object
from services.compose.psd.model import Document, SmartObject
from services.compose.psd.resources import resources
from services.compose.psd.stream import Stream

_RGB = 3


def write(document: Document, file: BinaryIO, *, limit: int | None = None) -> None:
    """Writes `document` at the position of `file`, which must be seekable. PSB when `document.big`.

    An embedded document is written straight into its place. The merged image is run-length coded even where layers are
    zipped, as in files of Photoshop: readers that show only it know no other coding.
    Raises FileFull when the file would grow beyond `limit` bytes.
    """
    bits = document.coding.bits
    stream = Stream(file, document.big, bits, limit)
    version = 2 if document.big else 1
    stream.write(b"8BPS" + struct.pack(">H6x", version))
    stream.pack(">HIIHH", len(document.merged), document.height, document.width, bits, _RGB)
    stream.pack(">I", 0)  # colour mode data
    with stream.section(">I"):
        stream.write(resources(document))
    with stream.section(stream.length):
        if bits == 8:
            with stream.section(stream.length, pad=4):
                _layers(stream, document)
        else:
            stream.pack(stream.length, 0)
        stream.pack(">I", 0)  # global layer mask
        if bits == 16:
            _deep_layers(stream, document)
        embedded = layers.smart_objects(document.layers)
        if embedded:
            stream.write(b"8BIMlnk2")
            with stream.section(stream.length, pad=4):
                for smart in embedded:
                    _embed(stream, smart)
    stream.run_length(*document.merged)


def _layers(stream: Stream, document: Document) -> None:
    layers.write(stream, document.layers, transparent=len(document.merged) == 4, zipped=document.coding.zipped)


def _deep_layers(stream: Stream, document: Document) -> None:
    """Layers of 16 bits stand in a block of their own; the plain section stays empty, as Photoshop writes it."""
    if len(document.merged) == 4:
        stream.write(b"8BIMMt16")  # the merged image has transparency
        stream.pack(stream.length, 0)
    stream.write(b"8BIMLr16")
    with stream.section(stream.length, pad=4):
        _layers(stream, document)


def _embed(stream: Stream, smart: SmartObject) -> None:
    with stream.section(">Q", pad=4, padded_length=False):
        stream.write(smart_object.linked_head(smart))
        size = stream.reserve(">Q")
        stream.write(smart_object.linked_options())
        start = stream.file.tell()
        write(smart.document, stream.file, limit=stream.limit)
        stream.fill(size, struct.pack(">Q", stream.file.tell() - start))
        stream.write(smart_object.linked_tail())
