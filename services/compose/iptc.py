"""A statement as IPTC-IIM records (IPTC Information Interchange Model 4.2), for programs that read no XMP."""

from __future__ import annotations

import struct

from services.compose.statement import CREATOR, Statement

_UTF8 = b"\x1b%G"  # dataset 1:90, the escape sequence of ISO 2022


def records(statement: Statement) -> bytes:
    """All datasets, UTF-8. A text longer than IIM allows is cut at a whole character; XMP holds it in full."""
    return b"".join(
        (
            _dataset(1, 90, _UTF8),
            _dataset(2, 0, struct.pack(">H", 4)),
            _text(5, f"{statement.sku} {statement.image_no}", 64),  # object name
            _text(7, statement.status, 64),  # edit status
            _text(40, f"{statement.template} sha256:{statement.digest}", 256),  # special instructions
            _text(65, CREATOR, 32),  # originating program
            _text(103, statement.image_no, 32),  # transmission reference
        )
    )


def _text(number: int, text: str, longest: int) -> bytes:
    return _dataset(2, number, text.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore").encode())


def _dataset(record: int, number: int, data: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(data)) + data
