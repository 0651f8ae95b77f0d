"""A shop's own picture as background: found beside the template, checked when that is read, laid on a canvas."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.kit.errors import PhotoError
from services.kit.pictures import decode, probe

LARGEST = 50_000_000  # bytes; all templates' pictures stay in memory
_TRIAL = 64  # pixels of the longer side: decoding the file once finds damage in its data


def wanted(data: object) -> dict[str, Any] | None:
    """The background of a template file as parsed, when it asks for a picture in a way that can be looked up."""
    background = data.get("background") if isinstance(data, dict) else None
    if not isinstance(background, dict) or background.get("type") != "image":
        return None
    return background if isinstance(background.get("file"), str) else None


def read(background: dict[str, Any], canvas: object, folder: Path | None) -> tuple[bytes, list[str]]:
    """The picture's file and why it cannot be used, as lines "$.path: problem"; one of the two is empty."""
    try:
        data = _file(background["file"], folder)
        _check(data, canvas if background.get("fit", "cover") == "cover" else None)
    except ValueError as error:
        return b"", [f"$.background.file: {error}"]
    return data, []


def _file(name: str, folder: Path | None) -> bytes:
    if folder is None:
        raise ValueError("a template without a folder cannot have a picture beside it")
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{json.dumps(name)} lies outside the template's folder")
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise ValueError(f"has {size} bytes; allowed: {LARGEST}")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{json.dumps(name)} cannot be read ({error.strerror})") from None


def _check(data: bytes, canvas: object) -> None:
    """canvas: as parsed, when the picture is to cover it."""
    try:
        info = decode(data, long_side=_TRIAL).info
    except PhotoError as error:
        raise ValueError(" ".join(error.message.split())) from None
    if info.has_alpha:
        raise ValueError("has transparent parts; a background must be opaque")
    sides = [canvas.get("width"), canvas.get("height")] if isinstance(canvas, dict) else []
    for side, least in zip((info.width, info.height), sides, strict=False):
        if isinstance(least, int) and side < least:
            size = f"{info.width} x {info.height}"
            raise ValueError(f"is {size} pixels; to cover the canvas it needs {sides[0]} x {sides[1]}")


def cover(picture: bytes, width: int, height: int) -> np.ndarray:
    """The middle of the picture over the whole canvas: uint8 (height, width, 3)."""
    info = probe(picture)
    zoom = max(width / info.width, height / info.height)
    rgb = decode(picture, long_side=math.ceil(zoom * max(info.width, info.height))).rgb
    rows, columns = rgb.shape[:2]
    zoom = max(width / columns, height / rows)
    wide, high = min(columns, max(1, round(width / zoom))), min(rows, max(1, round(height / zoom)))
    left, top = (columns - wide) // 2, (rows - high) // 2
    return _sized(rgb[top : top + high, left : left + wide], width, height)


def tiles(picture: bytes, width: int, height: int, tile: int) -> np.ndarray:
    """Tiles of `tile` pixels in width side by side from the top left corner: uint8 (height, width, 3)."""
    rgb = decode(picture).rgb
    one = _sized(rgb, tile, max(1, round(rgb.shape[0] * tile / rgb.shape[1])))
    across, down = -(-width // one.shape[1]), -(-height // one.shape[0])
    return np.ascontiguousarray(np.tile(one, (down, across, 1))[:height, :width])


def _sized(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    if rgb.shape[:2] == (height, width):
        return np.ascontiguousarray(rgb)
    smaller = width * height < rgb.shape[0] * rgb.shape[1]
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC))
