"""What a cut-out is to look like, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from services.kit.boxes import Box

MOST_SHARE, MOST_PIXELS = 0.5, 500.0  # of a margin: of the product's side, and of the photo


@dataclass(frozen=True)
class Length:
    """Pixels of the photo, or a share of the product's width or height."""

    value: float
    share: bool = False

    def of(self, side: int) -> int:
        """Pixels, for a product of `side` pixels; a longer margin than allowed is the longest allowed."""
        wanted = self.value * side if self.share else self.value
        return round(max(0.0, min(wanted, MOST_SHARE * side, MOST_PIXELS)))


NONE = Length(0.0)


@dataclass(frozen=True)
class Margins:
    top: Length = NONE
    right: Length = NONE
    bottom: Length = NONE
    left: Length = NONE


@dataclass(frozen=True)
class Position:
    """x, y: share of the room left beside the product that lies left of and above it. `original`: where it was."""

    x: float = 0.5
    y: float = 0.5
    original: bool = False


@dataclass(frozen=True)
class Style:
    """Defaults: the photo's canvas, transparent, nothing moved."""

    format: str = "auto"  # "auto" | "png" | "jpeg" | "webp" | "zip"
    alpha_only: bool = False
    max_pixels: int = 0  # 0: no limit
    region: Box | None = None
    crop: bool = False
    margins: Margins = Margins()
    scale: float = 0.0  # 0: as it is
    position: Position | None = None
    background: tuple[int, int, int, int] | None = None  # encoded sRGB and alpha
    shadow: str = "none"  # "none" | "auto" | "drop" | "contact"
    shadow_opacity: float = 1.0
    solid: bool = False
