"""Small cut-outs with known geometry."""

from __future__ import annotations

import zlib
from importlib.resources import files

import cv2
import numpy as np

from services.compose.catalogue import parse
from services.compose.cutout import Cutout
from services.compose.template import Template

PAPER = (228, 226, 222)


def ellipse(width: int = 300, height: int = 240, colour: tuple[int, int, int] = (40, 90, 160)) -> Cutout:
    """A soft-edged ellipse in one colour on paper: edge pixels of the photo hold spill, those of the foreground not."""
    alpha = np.zeros((height, width), np.float32)
    cv2.ellipse(alpha, (width // 2, height // 2), (width // 3, height // 3), 0, 0, 360, 1.0, -1)
    return on_paper(cv2.GaussianBlur(alpha, (0, 0), 1.2), colour)


def on_paper(alpha: np.ndarray, colour: tuple[int, int, int]) -> Cutout:
    foreground = np.empty((*alpha.shape, 3), np.uint8)
    foreground[:] = colour
    paper = np.full_like(foreground, PAPER)
    cover = alpha[..., None]
    photo = np.rint(foreground * cover + paper * (1 - cover)).astype(np.uint8)
    # As matting does: the product's colours where there is product, the photo's elsewhere.
    return Cutout(photo, np.where(cover > 0, foreground, photo), alpha)


def rectangle(width: int, height: int, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> Cutout:
    """A hard-edged rectangle; box = (left, top, right, bottom)."""
    alpha = np.zeros((height, width), np.float32)
    alpha[box[1] : box[3], box[0] : box[2]] = 1.0
    return on_paper(alpha, colour)


def shipped(name: str, **replace: str) -> Template:
    """A shipped template with pieces of its text replaced: `shipped("plain-white", **{"2048": "256"})`."""
    text = (files("services.compose") / "templates" / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in replace.items():
        assert old in text
        text = text.replace(old, new)
    return parse(text.encode(), f"{name}.yaml")


SMALL = {"2048": "320", "1200": "200", "600": "100"}
"""Shrinks any shipped template, for `shipped(name, **SMALL)`."""


def xmp_of(data: bytes) -> bytes:
    """The file's bytes, with the compressed text of a PNG laid open."""
    head, found, tail = data.partition(b"zTXtXML:com.adobe.xmp\0\0")
    return zlib.decompressobj().decompress(tail) if found else head
