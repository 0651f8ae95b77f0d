"""Smart objects: the placed-layer blocks of a layer record and the embedded files of a document.

The shape follows files written by Photoshop CC (blocks `PlLd` version 3 with warp version 0, `SoLd` version 4, `lnk2`
items `liFD` version 7 of type `8BPB`).
"""

from __future__ import annotations

import struct

from services.compose.psd.descriptors import Descriptor, Enumerated, Unit, Value, encode, unicode_string
from services.compose.psd.model import SmartObject

_NOBODY: tuple[tuple[bytes, Value], ...] = ((b"compID", -1), (b"originalCompID", -1))
_RASTER = 2


def placed_block(smart: SmartObject) -> bytes:
    """`PlLd`, which older readers use."""
    name = smart.identifier.encode("ascii")
    page, pages, anti_alias, warp_version, descriptor_version = 1, 1, 16, 0, 16
    return (
        b"plcL"
        + struct.pack(">IB", 3, len(name))
        + name
        + struct.pack(">4I", page, pages, anti_alias, _RASTER)
        + struct.pack(">8d", *smart.quad)
        + struct.pack(">II", warp_version, descriptor_version)
        + encode(_no_warp(smart))
    )


def placed_data_block(smart: SmartObject) -> bytes:
    """`SoLd`, which Photoshop itself goes by."""
    none = Descriptor(b"null", ((b"numerator", 0), (b"denominator", 600)))
    size = Descriptor(b"Pnt ", ((b"Wdth", float(smart.document.width)), (b"Hght", float(smart.document.height))))
    items: tuple[tuple[bytes, Value], ...] = (
        (b"Idnt", smart.identifier),
        (b"placed", smart.placed),
        (b"PgNm", 1),
        (b"totalPages", 1),
        (b"Crop", 1),
        (b"frameStep", none),
        (b"duration", none),
        (b"frameCount", 1),
        (b"Annt", 16),
        (b"Type", _RASTER),
        (b"Trnf", smart.quad),
        (b"nonAffineTransform", smart.quad),
        (b"warp", _no_warp(smart)),
        (b"Sz  ", size),
        (b"Rslt", Unit(b"#Rsl", float(smart.document.dpi))),
        (b"comp", -1),
        (b"compInfo", Descriptor(b"null", _NOBODY)),
    )
    return b"soLD" + struct.pack(">II", 4, 16) + encode(Descriptor(b"null", items))


def linked_head(smart: SmartObject) -> bytes:
    """A `liFD` item up to the length of its data."""
    name = smart.identifier.encode("ascii")
    return (
        b"liFD"
        + struct.pack(">IB", 7, len(name))
        + name
        + unicode_string(smart.file_name)
        + (b"8BPB" if smart.document.big else b"8BPS")
        + b"8BIM"
    )


def linked_options() -> bytes:
    """What stands between the length of the data and the data: an open descriptor follows."""
    return struct.pack(">BI", 1, 16) + encode(Descriptor(b"null", ((b"compInfo", Descriptor(b"null", _NOBODY)),)))


def linked_tail() -> bytes:
    """What follows the data: no child document, no modification time, not locked."""
    return unicode_string("") + struct.pack(">dB", 0.0, 0)


def _no_warp(smart: SmartObject) -> Descriptor:
    def pixels(value: int) -> Unit:
        return Unit(b"#Pxl", float(value))

    bounds = (
        (b"Top ", pixels(0)),
        (b"Left", pixels(0)),
        (b"Btom", pixels(smart.document.height)),
        (b"Rght", pixels(smart.document.width)),
    )
    return Descriptor(
        b"warp",
        (
            (b"warpStyle", Enumerated(b"warpStyle", b"warpNone")),
            (b"warpValue", 0.0),
            (b"warpPerspective", 0.0),
            (b"warpPerspectiveOther", 0.0),
            (b"warpRotate", Enumerated(b"Ornt", b"Hrzn")),
            (b"bounds", Descriptor(b"Rctn", bounds)),
            (b"uOrder", 4),
            (b"vOrder", 4),
        ),
    )
