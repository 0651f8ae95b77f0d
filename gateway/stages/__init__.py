"""The stages as a list: what happens to an image until the gate has judged it. `compose.stage(state)` follows."""

from __future__ import annotations

from .intake import INTAKE
from .matting import MATTING
from .plate import PLATE
from .segment import SEGMENT
from .types import ImageRun, Result, Stage, Tools, Work
from .verdict import GATE

TO_VERDICT = (INTAKE, PLATE, SEGMENT, MATTING, GATE)

__all__ = ["TO_VERDICT", "ImageRun", "Result", "Stage", "Tools", "Work"]
