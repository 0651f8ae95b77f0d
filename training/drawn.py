"""Pictures that code draws, handed in by who can draw them: rehearsing and judging then need no photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.generator.light import U8
from training.judged import Judged


@dataclass(frozen=True)
class Drawn:
    """cutouts: straight RGBA uint8, to rehearse with. pictures: others, to judge by."""

    cutouts: Sequence[U8]
    pictures: Sequence[Judged]
