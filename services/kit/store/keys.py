"""Which object keys are allowed: the ones that mean the same on S3, on Linux, on macOS and on Windows."""

from __future__ import annotations

import re

from services.kit.errors import InvalidKey, RangeOutsideObject

PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9_-])?")
"""No leading dot (the folder store keeps its own files there), no trailing dot (Windows drops it)."""

LONGEST = 900
"""S3 allows 1024 bytes; the rest is left for prefixes."""

DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names Windows gives to devices, with or without an ending."""


def check(key: str) -> str:
    """The key itself. Raises `InvalidKey` for an absolute key, '..', an empty part or a character outside the set."""
    if len(key) > LONGEST or not all(PART.fullmatch(part) and not DEVICES.fullmatch(part) for part in key.split("/")):
        raise InvalidKey(key=repr(key[:200]))
    return key


def length(key: str, size: int, start: int, end: int | None) -> int:
    """How many bytes of an object of `size` bytes lie in [start, end). Raises `RangeOutsideObject` when none does."""
    last = size if end is None else min(end, size)
    if start < 0 or last < start or (last == start and (start, end) != (0, None)):
        raise RangeOutsideObject(key=key, range=span(start, end))
    return last - start


def span(start: int, end: int | None) -> str:
    """A range as errors show it."""
    return f"[{start}, {'its end' if end is None else end})"
