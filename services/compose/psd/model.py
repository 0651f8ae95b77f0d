"""What a PSD holds. Channels are read a band of rows at a time, so a document costs no memory of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Plane(Protocol):
    """One channel; a uint8 or uint16 array (h, w) is one. The writer brings it to the depth of the document."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice, /) -> Any: ...  # uint8 or uint16 (rows, w)


@dataclass(frozen=True)
class Constant:
    """A plane of one value."""

    value: int
    shape: tuple[int, int]

    def __getitem__(self, rows: slice) -> np.ndarray:
        return np.full((len(range(*rows.indices(self.shape[0]))), self.shape[1]), self.value, np.uint8)


@dataclass(frozen=True)
class Coding:
    """How the channels of a document, and of those embedded in it, are kept."""

    bits: int = 8  # 8 | 16
    zipped: bool = False  # layers by ZIP with prediction, otherwise run-length coded


PLAIN = Coding()


@dataclass(frozen=True)
class SmartObject:
    """An embedded document and where its corners lie on the canvas."""

    identifier: str  # UUID of the embedded document
    placed: str  # UUID of this use of it
    file_name: str
    document: Document
    quad: tuple[float, ...]  # x, y of top left, top right, bottom right, bottom left


@dataclass(frozen=True)
class Layer:
    name: str
    colour: tuple[Plane, Plane, Plane]
    alpha: Plane
    top: int = 0
    left: int = 0
    blend: bytes = b"norm"
    mask: Plane | None = None  # same size and place as the layer; hides all outside
    smart: SmartObject | None = None
    clipped: bool = False  # shows only where the layer below does


@dataclass(frozen=True)
class Group:
    name: str
    layers: tuple[Layer, ...]  # bottom first


@dataclass(frozen=True)
class Thumbnail:
    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Document:
    width: int
    height: int
    dpi: int
    layers: tuple[Layer | Group, ...]  # bottom first
    # Red, green, blue and, for a transparent document, alpha; colours are then laid over white, as Photoshop does.
    merged: tuple[Plane, ...]
    icc: bytes
    coding: Coding = PLAIN
    big: bool = False  # PSB
    iptc: bytes = b""  # IIM records
    xmp: bytes = b""
    thumbnail: Thumbnail | None = None


def channels(rgb: np.ndarray) -> tuple[Plane, Plane, Plane]:
    """The three planes of uint8 (H, W, 3)."""
    return rgb[..., 0], rgb[..., 1], rgb[..., 2]
