"""Names of traces: W3C Trace Context, and the trace an image has for its whole life.

The trace id of an image is its own id (a UUID has 128 bits too): whoever knows the image finds its trace, and every
process, retry and later decision joins it although nothing but the image's id is handed on.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

TRACEPARENT = "traceparent"
_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True)
class SpanId:
    """Where a span stands: 128 and 64 bits, neither 0."""

    trace: int
    span: int
    sampled: bool

    def __str__(self) -> str:
        """As in the header `traceparent` (https://www.w3.org/TR/trace-context/)."""
        return f"00-{self.trace:032x}-{self.span:016x}-{int(self.sampled):02x}"


def parse(traceparent: str | bytes | None) -> SpanId | None:
    """None for what is no valid header."""
    found = _FORM.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return SpanId(int(found[1], 16), int(found[2], 16), bool(int(found[3], 16) & 1))


def chosen(trace: int, share: float) -> bool:
    """Whether a trace is among the `share` of them that is kept; the same in every process."""
    return int.from_bytes(_digest(trace)[:8]) < share * 2**64


def of_image(image_id: UUID, share: float) -> SpanId:
    """The root of an image's trace."""
    return SpanId(image_id.int, int.from_bytes(_digest(image_id.int)[8:16]) or 1, chosen(image_id.int, share))


def _digest(trace: int) -> bytes:
    return hashlib.sha256(trace.to_bytes(16)).digest()
