"""What a decoder needs to know about a file before it touches a pixel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """Facts as stored in the file. `implied` is a profile the file means without embedding it (nclx, EXIF R03)."""

    format: str
    width: int
    height: int
    bits: int
    space: str  # rgb | grey | cmyk
    has_alpha: bool
    frames: int = 1
    orientation: int = 1
    icc: bytes | None = None
    implied: bytes | None = None
    notes: tuple[str, ...] = ()
