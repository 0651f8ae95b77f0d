"""Image resources: resolution, profile, thumbnail, IPTC, XMP (specification, "Image resources section")."""

from __future__ import annotations

import hashlib
import struct

from services.compose.psd.model import Document

RESOLUTION, IPTC, THUMBNAIL, PROFILE, VERSION, XMP, IPTC_DIGEST = 1005, 1028, 1036, 1039, 1057, 1060, 1061
WRITER = "Selvage"


def resources(document: Document) -> bytes:
    """All resources of a document, without the length of the section."""
    dots = document.dpi << 16
    out = _resource(RESOLUTION, struct.pack(">IHHIHH", dots, 1, 1, dots, 1, 1))
    if document.iptc:
        out += _resource(IPTC, document.iptc)
    if document.thumbnail:
        thumbnail = document.thumbnail
        row = (thumbnail.width * 24 + 31) // 32 * 4
        head = struct.pack(
            ">6IHH", 1, thumbnail.width, thumbnail.height, row, row * thumbnail.height, len(thumbnail.jpeg), 24, 1
        )
        out += _resource(THUMBNAIL, head + thumbnail.jpeg)
    out += _resource(PROFILE, document.icc)
    name = struct.pack(">I", len(WRITER)) + WRITER.encode("utf-16-be")
    has_merged = 1
    out += _resource(VERSION, struct.pack(">IB", 1, has_merged) + name + name + struct.pack(">I", 1))
    if document.xmp:
        out += _resource(XMP, document.xmp)
    if document.iptc:
        # Tells readers that IPTC and XMP were written together, so that neither is taken for outdated.
        out += _resource(IPTC_DIGEST, hashlib.md5(document.iptc, usedforsecurity=False).digest())
    return out


def _resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)
