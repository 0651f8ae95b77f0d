"""Small pictures and files of every kind the picture room has to know, built from numbers."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from services.kit.pictures import icc
from services.kit.pictures.vips import Image, with_profile

ADOBE_RGB = icc.matrix_profile("Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), transfer=563 / 256)
DISPLAY_P3 = icc.matrix_profile("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)))
PROPHOTO = icc.matrix_profile(
    "ProPhoto RGB", ((0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105)), (0.3457, 0.3585), 1.8
)
HEIC = Path(__file__).resolve().parents[1] / "unit" / "kit" / "pictures" / "heic"
QUARTERS = np.array([[(220, 40, 30), (30, 180, 60)], [(40, 60, 200), (240, 200, 40)]], np.uint8)


def quarters(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Red, green / blue, yellow: every orientation looks different."""
    return np.kron(QUARTERS, np.ones((height // 2, width // 2, 1), np.uint8))


def gradient(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth in both directions, different in each channel."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 / max(1, width - 1), y * 255 / max(1, height - 1), (x + y) % 256], -1).astype(np.uint8)


def image(array: NDArray[Any], interpretation: str | None = None, profile: bytes | None = None) -> Image:
    """A libvips image of (H, W) or (H, W, bands), uint8 or uint16."""
    bands = 1 if array.ndim == 2 else array.shape[2]
    colours = {1: "b-w", 2: "b-w", 3: "srgb", 4: "srgb"}[bands]
    if array.dtype == np.uint16:
        colours = {"b-w": "grey16", "srgb": "rgb16"}[colours]
    made = Image.new_from_array(np.ascontiguousarray(array), interpretation=interpretation or colours)
    return with_profile(made, profile)


def png(array: NDArray[Any], profile: bytes | None = None, **options: Any) -> bytes:
    """A lossless picture of any depth."""
    return bytes(image(array, profile=profile).pngsave_buffer(**options))


def tiff(array: NDArray[Any], profile: bytes | None = None, **options: Any) -> bytes:
    """A lossless picture of any depth, with the tags one wants."""
    return bytes(image(array, profile=profile).tiffsave_buffer(**options))


def jpeg(array: NDArray[Any], profile: bytes | None = None, orientation: int | None = None, **options: Any) -> bytes:
    """A JPEG without chroma subsampling, so that colours are exact to a level or two."""
    made = image(array, profile=profile)
    if orientation is not None:
        made.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return bytes(made.jpegsave_buffer(**{"Q": 98, "subsample_mode": "off", **options}))


def tagged(array: NDArray[Any], orientation: int) -> Image:
    """An image that says it has to be turned."""
    made = image(array)
    made.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return made


def heic(name: str) -> bytes:
    """A committed file of tests/unit/kit/pictures/heic (see make.py there): nothing we use can write HEIC."""
    return (HEIC / f"{name}.heic").read_bytes()


def lying_jpeg(width: int, height: int) -> bytes:
    """A JPEG of a few hundred bytes whose header claims this size."""
    data = bytearray(image(np.full((8, 8), 128, np.uint8)).jpegsave_buffer(Q=50))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def animated_png(frames: int) -> bytes:
    """A PNG with the chunk that announces an animation."""
    data = png(quarters())
    body = b"acTL" + struct.pack(">II", frames, 0)
    chunk = struct.pack(">I", 8) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def directory(entries: Sequence[tuple[int, int, int, int]], order: str = "<", following: int = 0) -> bytes:
    """A TIFF directory of (tag, type, count, value or offset)."""
    packed = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count) + _value(order, kind, count, value)
        for tag, kind, count, value in sorted(entries)
    )
    return struct.pack(f"{order}H", len(entries)) + packed + struct.pack(f"{order}I", following)


def tiff_file(*directories: bytes, order: str = "<", tail: bytes = b"") -> bytes:
    """A header and a first directory at 8, with whatever else follows it."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HI", 42, 8) + b"".join(directories) + tail


def _value(order: str, kind: int, count: int, value: int) -> bytes:
    if kind == 3 and count == 1:
        return struct.pack(f"{order}HH", value, 0)
    return struct.pack(f"{order}I", value)
