"""The layered document of one image: background, shadow, and the product as a smart object.

Inside the smart object lies the original crop at full resolution under the refined alpha as an editable mask, so that
a retoucher can paint any part of the photo back. Where matting cleaned spill from the outline, its colours are a layer
clipped onto the crop: they can be seen, changed or thrown away.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.compose import resize
from services.compose.cutout import Cutout
from services.compose.place import subject_box
from services.compose.psd.model import (
    PLAIN,
    Coding,
    Constant,
    Document,
    Group,
    Layer,
    Plane,
    SmartObject,
    Thumbnail,
    channels,
)  # fmt: skip
from services.compose.render import Layers
from services.kit.boxes import Box
from services.kit.pictures import srgb_profile
from services.kit.pictures.encode import export

CONTEXT = 64  # pixels of the photo kept around the product in the smart object
THUMBNAIL = 160
BAND = 256


def document(
    layers: Layers,
    cutout: Cutout,
    *,
    dpi: int,
    xmp: bytes,
    stem: str,
    iptc: bytes = b"",
    coding: Coding = PLAIN,
    big: bool = False,
) -> Document:
    """The PSD of `layers`; `stem` names the embedded file. Nothing is copied: planes are read as they are written.

    big: PSB, whatever the size. With 16 bits the mask keeps every step of the alpha; colours are those of 8 bits.
    """
    flat = layers.flat
    height, width = flat.shape[:2]
    stack: list[Layer | Group] = []
    if layers.background is not None:
        stack.append(Layer("Background", channels(layers.background), Constant(255, (height, width))))
    group = [_shadow(layers.shadow)] if layers.shadow is not None else []
    group.append(_product(layers, cutout, dpi, stem, coding))
    stack.append(Group("Product", tuple(layer for layer in group if layer)))
    opaque = flat.shape[2] == 3
    merged: tuple[Plane, ...] = channels(flat) if opaque else (*_over_white(flat), flat[..., 3])
    return Document(
        width, height, dpi, tuple(stack), merged, srgb_profile(),
        coding=coding, big=big, iptc=iptc, xmp=xmp, thumbnail=_thumbnail(flat),
    )  # fmt: skip


def _shadow(shadow: np.ndarray) -> Layer | None:
    """The multiply layer, cut to where it darkens."""
    box = subject_box(255 - np.minimum(np.minimum(shadow[..., 0], shadow[..., 1]), shadow[..., 2]), 1)
    if box is None:
        return None
    part = shadow[box.top : box.bottom, box.left : box.right]
    return Layer("Shadow", channels(part), Constant(255, part.shape[:2]), box.top, box.left, blend=b"mul ")


def _product(layers: Layers, cutout: Cutout, dpi: int, stem: str, coding: Coding) -> Layer:
    product, placement = layers.product, layers.placement
    box = _crop(cutout.alpha)
    left, top = placement.to_canvas(box.left, box.top)
    right, bottom = placement.to_canvas(box.right, box.bottom)
    inner = _embedded(cutout, box, dpi, coding)
    identifier = _identity(cutout, box)
    smart = SmartObject(
        identifier=str(identifier),
        placed=str(uuid.uuid5(identifier, "placed")),
        file_name=f"{stem}.psb",
        document=inner,
        quad=(left, top, right, top, right, bottom, left, bottom),
    )
    return Layer("Cut-out", channels(product.rgb), product.alpha, product.top, product.left, smart=smart)


def _embedded(cutout: Cutout, box: Box, dpi: int, coding: Coding) -> Document:
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    photo, clean, alpha = cutout.photo[rows, columns], cutout.foreground[rows, columns], cutout.alpha[rows, columns]
    mask = _Mask(alpha, coding.bits)
    stack = [Layer("Photo", channels(photo), Constant(255, mask.shape), mask=mask)]
    cleaned = _cleaned(photo, clean, alpha)
    if cleaned.any():
        red, green, blue = (_Within(clean[..., channel], cleaned) for channel in range(3))
        stack.append(Layer("Clean edge", (red, green, blue), _Within(Constant(255, mask.shape), cleaned), clipped=True))
    merged: tuple[Plane, ...] = (*(_Matted(clean, alpha, channel) for channel in range(3)), mask)
    return Document(box.width, box.height, dpi, tuple(stack), merged, srgb_profile(), coding=coding, big=True)


def _crop(alpha: np.ndarray) -> Box:
    height, width = alpha.shape
    support = subject_box(alpha, 1e-4) or Box(0, 0, width, height)
    left, top = max(0, support.left - CONTEXT), max(0, support.top - CONTEXT)
    return Box(left, top, min(width, support.right + CONTEXT) - left, min(height, support.bottom + CONTEXT) - top)


def _identity(cutout: Cutout, box: Box) -> uuid.UUID:
    """Smart objects with the same content have the same UUID, on any day and machine."""
    digest = hashlib.blake2b(f"{box}".encode(), digest_size=16)
    for y in range(box.top, box.bottom, BAND):
        rows = slice(y, min(y + BAND, box.bottom)), slice(box.left, box.right)
        for part in (cutout.photo, cutout.foreground, cutout.alpha):
            digest.update(np.ascontiguousarray(part[rows]).data)
    return uuid.UUID(bytes=digest.digest(), version=4)


def _thumbnail(flat: np.ndarray) -> Thumbnail:
    height, width = flat.shape[:2]
    shrink = min(1.0, THUMBNAIL / max(height, width))
    small = resize.scale_to(flat, max(1, round(width * shrink)), max(1, round(height * shrink)))
    if small.shape[2] == 4:
        small = np.stack([plane[:] for plane in _over_white(small)], axis=2)
    return Thumbnail(export(small, "jpeg", quality=80, profile=srgb_profile()), small.shape[1], small.shape[0])


def _over_white(flat: np.ndarray) -> tuple[Plane, ...]:
    return tuple(_Matted(flat[..., :3], flat[..., 3], channel) for channel in range(3))


@dataclass(frozen=True)
class _Mask:
    """Alpha (float32) as a plane of 8 or 16 bits."""

    alpha: np.ndarray
    bits: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.alpha.shape[0], self.alpha.shape[1]

    def __getitem__(self, rows: slice) -> Any:
        if self.bits == 16:
            return np.rint(self.alpha[rows] * 65535).astype(np.uint16)
        return _levels(self.alpha[rows])


@dataclass(frozen=True)
class _Matted:
    """One channel laid over white: how PSD keeps the merged image of a transparent document."""

    colour: np.ndarray
    alpha: np.ndarray
    channel: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.alpha.shape[0], self.alpha.shape[1]

    def __getitem__(self, rows: slice) -> Any:
        alpha = _levels(self.alpha[rows]).astype(np.uint16)
        mixed = self.colour[rows, :, self.channel] * alpha + 255 * (255 - alpha) + 127
        return (mixed // 255).astype(np.uint8)


@dataclass(frozen=True)
class _Within:
    """A plane where `where` (bool (h, w)) holds, 0 elsewhere."""

    plane: Plane
    where: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return self.where.shape[0], self.where.shape[1]

    def __getitem__(self, rows: slice) -> Any:
        return self.plane[rows] * self.where[rows]


def _cleaned(photo: np.ndarray, clean: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Where the product's colour is not the photo's, bool (h, w)."""
    out = np.zeros(alpha.shape, bool)
    for channel in range(3):
        out |= photo[..., channel] != clean[..., channel]
    out &= alpha > 0
    return out


def _levels(alpha: np.ndarray) -> np.ndarray:
    return alpha if alpha.dtype == np.uint8 else np.rint(alpha * 255).astype(np.uint8)
