"""UUID version 7 (RFC 9562): ordered by time, so new rows lie together in an index and lists need no second key."""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """48 bits of Unix milliseconds, 12 bits of the fraction of a millisecond, 62 random bits; never goes back."""
    global _last  # noqa: PLW0603 - one clock a process
    with _lock:
        nanoseconds = time.time_ns()
        ticks = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
        _last = ticks = max(ticks, _last + 1)
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
