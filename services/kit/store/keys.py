"""Which object keys are allowed: the ones that mean the same on S3, on Linux, on macOS and on Windows."""

from __future__ import annotations

import re

from services.kit.errors import InvalidKey

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
