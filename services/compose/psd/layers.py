"""Layer records and their channel data (specification, "Layer and mask information section")."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.compose.psd.descriptors import unicode_string
from services.compose.psd.model import Group, Layer, Plane, SmartObject
from services.compose.psd.smart_object import placed_block, placed_data_block
from services.compose.psd.stream import Stream

_OPEN_FOLDER, _DIVIDER = 1, 3
_PIXELS_IRRELEVANT, _PHOTOSHOP_5 = 16, 8


@dataclass(frozen=True)
class _Record:
    """A layer as the file knows it; groups are a divider below their layers and a folder above them."""

    name: str
    planes: tuple[tuple[int, Plane | None], ...]  # by channel id; None: a channel without pixels
    layer: Layer | None = None
    section: int = 0
    blend: bytes = b"norm"


def write(stream: Stream, layers: Sequence[Layer | Group], *, transparent: bool, zipped: bool) -> None:
    """The layer info section without its length.

    transparent: the merged image has an alpha channel. zipped: channels and masks alike; a layer that mixes ZIP and
    run-length coding cannot be read by Krita.
    """
    records = list(_records(layers))
    # A negative count says that the first alpha channel of the merged image is its transparency.
    stream.pack(">h", -len(records) if transparent else len(records))
    lengths = [_record(stream, record, number) for number, record in enumerate(records, start=1)]
    for record, positions in zip(records, lengths, strict=True):
        for (_, plane), position in zip(record.planes, positions, strict=True):
            if plane is None:
                stream.pack(">H", 0)
                size = 2
            else:
                size = stream.zipped(plane) if zipped else stream.run_length(plane)
            stream.fill(position, struct.pack(stream.length, size))


def smart_objects(layers: Sequence[Layer | Group]) -> list[SmartObject]:
    """Every smart object, bottom first."""
    return [record.layer.smart for record in _records(layers) if record.layer and record.layer.smart]


def _records(layers: Sequence[Layer | Group]) -> Iterator[_Record]:
    # Without the four empty channels some readers (Krita) refuse a group.
    empty = tuple((number, None) for number in (-1, 0, 1, 2))
    for entry in layers:
        if isinstance(entry, Group):
            yield _Record("</Layer group>", empty, section=_DIVIDER)
            yield from _records(entry.layers)
            yield _Record(entry.name, empty, section=_OPEN_FOLDER, blend=b"pass")
        else:
            planes: list[tuple[int, Plane | None]] = [(-1, entry.alpha), *enumerate(entry.colour)]
            if entry.mask is not None:
                planes.append((-2, entry.mask))
            yield _Record(entry.name, tuple(planes), entry, blend=entry.blend)


def _record(stream: Stream, record: _Record, number: int) -> list[int]:
    """Writes one record; returns where the lengths of its channels belong."""
    layer = record.layer
    box = (0, 0, 0, 0)
    if layer:
        height, width = layer.alpha.shape
        box = (layer.top, layer.left, layer.top + height, layer.left + width)
    stream.pack(">4iH", *box, len(record.planes))
    positions = []
    for channel, _ in record.planes:
        stream.pack(">h", channel)
        positions.append(stream.reserve(stream.length))
    flags = _PHOTOSHOP_5 | (0 if layer else _PIXELS_IRRELEVANT)
    clipping = 1 if layer and layer.clipped else 0
    stream.write(b"8BIM" + record.blend + struct.pack(">4B", 255, clipping, flags, 0))
    with stream.section(">I"):
        if layer and layer.mask is not None:
            stream.pack(">I4iBBH", 20, *box, 0, 0, 0)
        else:
            stream.pack(">I", 0)
        stream.pack(">I", 0)  # no blending ranges
        short = record.name.encode("mac_roman", "replace")[:255]
        stream.write((bytes([len(short)]) + short).ljust((len(short) + 4) // 4 * 4, b"\0"))
        _block(stream, b"luni", unicode_string(record.name, end=""))
        _block(stream, b"lyid", struct.pack(">I", number))
        if record.section == _OPEN_FOLDER:
            _block(stream, b"lsct", struct.pack(">I", _OPEN_FOLDER) + b"8BIM" + record.blend)
        elif record.section == _DIVIDER:
            _block(stream, b"lsct", struct.pack(">I", _DIVIDER))
        if layer and layer.smart:
            _block(stream, b"PlLd", placed_block(layer.smart))
            _block(stream, b"SoLd", placed_data_block(layer.smart))
    return positions


def _block(stream: Stream, key: bytes, data: bytes) -> None:
    data += bytes(-len(data) % 4)
    stream.write(b"8BIM" + key + struct.pack(">I", len(data)) + data)
