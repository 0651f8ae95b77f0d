"""Small pictures for the report: the photo and its cut-out in the same geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.kit import pictures
from services.kit.pictures.encode import read_rgba

from .ready import write_atomically

LONG_SIDE = 720
_BAND = 256  # rows worked on at once, so that a large photo costs little memory
_WEBP = [cv2.IMWRITE_WEBP_QUALITY, 82]


def photo(source: Path, target: Path) -> None:
    """Writes the upright photo as WebP. Raises PhotoError rows."""
    picture = pictures.decode(source.read_bytes(), long_side=LONG_SIDE)
    _write(target, picture.over_white()[..., ::-1])


def cutout(source: Path, target: Path) -> None:
    """Writes an RGBA PNG of ours as WebP with alpha."""
    rgba = read_rgba(source.read_bytes())
    height, width = rgba.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Colours weigh with their alpha, else transparent pixels would bleed into the edge.
    alpha = np.ascontiguousarray(rgba[..., 3])
    weighted = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BAND):
        rows = slice(top, top + _BAND)
        weighted[rows] = cv2.multiply(rgba[rows, :, :3], cv2.merge([alpha[rows]] * 3), scale=1 / 255)
    del rgba
    small = cv2.resize(weighted, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    colour = np.clip(small / np.maximum(cover, 1)[..., None] * 255, 0, 255).astype(np.uint8)
    _write(target, np.dstack([colour[..., ::-1], cover]))


def _write(target: Path, picture: np.ndarray[Any, Any]) -> None:
    done, data = cv2.imencode(".webp", np.ascontiguousarray(picture), _WEBP)
    if not done:
        raise OSError(f"{target}: the WebP encoder of OpenCV failed")
    write_atomically(target, data.tobytes())
