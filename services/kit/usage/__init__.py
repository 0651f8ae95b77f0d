"""What the work of this process used, attributed to the calls it was for (docs/costs.md)."""

from __future__ import annotations

from services.kit.usage.meter import CallUse, Entry, Meter, current, meter, note_bytes, note_cpu, note_model

__all__ = ["CallUse", "Entry", "Meter", "current", "meter", "note_bytes", "note_cpu", "note_model"]
