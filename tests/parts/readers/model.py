"""What a program found in a layered file, in one shape for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


class Refused(Exception):
    """The program would not open the file; the text is its own."""


@dataclass(frozen=True)
class Seen:
    """A layer, or a group: then `pixels` is None and `children` lists its layers."""

    name: str
    blend: str  # "normal" | "multiply" | "pass through"
    left: int = 0
    top: int = 0
    pixels: np.ndarray | None = None  # float32 (h, w, 4), levels 0..255
    mask: np.ndarray | None = None  # float32 (h, w), levels 0..255
    clipped: bool = False
    children: tuple[Seen, ...] = ()


@dataclass(frozen=True)
class Smart:
    """A smart object: the embedded document as far as the program looks into it."""

    file_name: str | None  # None: the program does not tell
    width: int
    height: int
    inside: tuple[Seen, ...] = ()


@dataclass(frozen=True)
class Reading:
    width: int
    height: int
    bits: int
    layers: tuple[Seen, ...]  # bottom first
    merged: np.ndarray | None = None  # float32 (H, W, 3): the merged image of the file
    composed: np.ndarray | None = None  # float32 (H, W, 3): the layers, blended by the program
    profile: bytes | str | None = None  # the ICC bytes, or its description
    smart: Smart | None = None


def levels(array: np.ndarray) -> np.ndarray:
    """uint8 or uint16 samples as float32 levels 0..255; exact for what 8 bits can say."""
    return (array / 257 if array.dtype == np.uint16 else array).astype(np.float32)


def flat(layers: tuple[Seen, ...]) -> list[Seen]:
    """Groups opened, bottom first, without the groups themselves."""
    return [one for layer in layers for one in (flat(layer.children) if layer.pixels is None else [layer])]
