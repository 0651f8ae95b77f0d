"""Refusals that need the header only."""

from __future__ import annotations

from services.kit.errors import AnimatedPicture, EmptyFile, FileTooLarge, TooFewPixels, TooManyPixels
from services.kit.pictures.model import Limits


def check_bytes(size: int, limits: Limits) -> None:
    """Raises EmptyFile or FileTooLarge."""
    if size == 0:
        raise EmptyFile()
    if size > limits.bytes:
        raise FileTooLarge(size=size, limit=limits.bytes)


def check_frames(frames: int, limits: Limits) -> None:
    """Raises AnimatedPicture."""
    if frames > limits.frames:
        raise AnimatedPicture(frames=frames)


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raises TooManyPixels or TooFewPixels."""
    if width * height > limits.megapixels * 1e6 or max(width, height) > limits.side:
        raise TooManyPixels(width=width, height=height, limit=f"{limits.megapixels:g}", side=limits.side)
    if min(width, height) < limits.min_side:
        raise TooFewPixels(width=width, height=height, limit=limits.min_side)
