"""ICC profiles as bytes: writing small matrix profiles, reading the description, checking the structure.

Format: ICC.1:2001-04 (version 2). Numbers of the working space: IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Chromaticity = tuple[float, float]
Transfer = Callable[[NDArray[Any]], NDArray[np.float64]]

D50 = np.array([0.9642, 1.0, 0.8249])
D65: Chromaticity = (0.3127, 0.3290)
SRGB_PRIMARIES: tuple[Chromaticity, Chromaticity, Chromaticity] = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
# SMPTE EG 432-1 (DCI-P3) with the white and the curve of sRGB, as Apple defined "Display P3".
P3_PRIMARIES: tuple[Chromaticity, Chromaticity, Chromaticity] = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_CURVE_POINTS = 1024
# Tags one of whose sets a usable input profile must have, by colour space.
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "rgb": (("rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"), ("A2B0",)),
    "grey": (("kTRC",), ("A2B0",)),
    "cmyk": (("A2B0",),),
}
_SPACES = {"RGB ": "rgb", "GRAY": "grey", "CMYK": "cmyk"}
_TAG_TYPES = frozenset({"XYZ ", "curv", "para", "mft1", "mft2", "mAB "})


def srgb_transfer(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """Encoded sRGB [0, 1] to linear light (IEC 61966-2-1, as amended: break at 0.04045)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def rgb_to_xyz(primaries: tuple[Chromaticity, ...], white: Chromaticity) -> NDArray[np.float64]:
    """Linear RGB to XYZ relative to D50: SMPTE RP 177, then Bradford adaptation. Columns are the colourants."""
    xyz = np.array([_xyz(point) for point in primaries]).T
    source = _xyz(white)
    unadapted = xyz * np.linalg.solve(xyz, source)
    gain = np.diag((_BRADFORD @ D50) / (_BRADFORD @ source))
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ gain @ _BRADFORD @ unadapted
    return adapted


def matrix_profile(
    description: str,
    primaries: tuple[Chromaticity, ...],
    white: Chromaticity = D65,
    transfer: Transfer | float = srgb_transfer,
) -> bytes:
    """A version 2 display profile for an RGB space.

    primaries, white: CIE xy. transfer: encoded to linear, both [0, 1], or a plain gamma.
    """
    colourants = rgb_to_xyz(primaries, white).T
    tags = {
        "desc": _description(description),
        "cprt": b"text\0\0\0\0No copyright, use freely\0",
        "wtpt": _xyz_tag(D50),
        **{f"{name}XYZ": _xyz_tag(column) for name, column in zip("rgb", colourants, strict=True)},
        **dict.fromkeys(("rTRC", "gTRC", "bTRC"), _curve(transfer)),
    }
    return _profile(b"RGB ", tags)


def grey_profile(description: str, transfer: Transfer | float) -> bytes:
    """A version 2 display profile for one grey channel."""
    tags = {
        "desc": _description(description),
        "cprt": b"text\0\0\0\0No copyright, use freely\0",
        "wtpt": _xyz_tag(D50),
        "kTRC": _curve(transfer),
    }
    return _profile(b"GRAY", tags)


@cache
def srgb() -> bytes:
    """The profile every export carries. Editors know it by its description, the one of the sRGB standard."""
    return matrix_profile("sRGB IEC61966-2.1", SRGB_PRIMARIES)


@cache
def display_p3() -> bytes:
    """The profile of exports that ask for Display P3."""
    return matrix_profile("Display P3", P3_PRIMARIES)


def space(icc: bytes) -> str | None:
    """'rgb', 'grey' or 'cmyk' when the profile is whole and can turn such pixels into colours, else None."""
    if len(icc) < 132 or icc[36:40] != b"acsp":
        return None
    found = _SPACES.get(icc[16:20].decode("latin-1"))
    tags = _tags(icc)
    if found is None or not any(all(_is_usable(tags.get(tag, b"")) for tag in names) for names in _NEEDED[found]):
        return None
    return found


def description(icc: bytes) -> str | None:
    """The name of a profile (version 2 `desc` or version 4 `mluc`), None when there is none."""
    tag = _tags(icc).get("desc", b"") if len(icc) >= 132 else b""
    if tag[:4] == b"desc" and len(tag) > 12:
        size = struct.unpack_from(">I", tag, 8)[0]
        text = tag[12 : 12 + size].decode("latin-1")
    elif tag[:4] == b"mluc" and len(tag) >= 28:
        size, offset = struct.unpack_from(">II", tag, 20)
        text = tag[offset : offset + size].decode("utf-16-be", "replace")
    else:
        return None
    return text.split("\0")[0].strip() or None


def _tags(icc: bytes) -> dict[str, bytes]:
    count = struct.unpack_from(">I", icc, 128)[0]
    found: dict[str, bytes] = {}
    for at in range(132, min(132 + 12 * min(count, 1000), len(icc) - 11), 12):
        name, offset, size = struct.unpack_from(">4sII", icc, at)
        if offset + size <= len(icc):
            found[name.decode("latin-1")] = icc[offset : offset + size]
    return found


def _is_usable(tag: bytes) -> bool:
    return len(tag) >= 12 and tag[:4].decode("latin-1") in _TAG_TYPES


def _profile(colour_space: bytes, tags: Mapping[str, bytes]) -> bytes:
    table, body, places = b"", b"", {}
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        if content not in places:  # equal tags share their bytes
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name.encode(), places[content], len(content))
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sIIIQI3i4s44x",
        *(start + len(body), b"\0\0\0\0", 0x02400000, b"mntr", colour_space, b"XYZ ", 2026, 1, 1, 0, 0, 0),
        *(b"acsp", b"\0\0\0\0", 0, 0, 0, 0, 1, *_fixed(D50), b"\0\0\0\0"),
    )
    return header + struct.pack(">I", len(tags)) + table + body


def _description(text: str) -> bytes:
    ascii_text = text.encode("ascii") + b"\0"
    return struct.pack(">4s4xI", b"desc", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)


def _curve(transfer: Transfer | float) -> bytes:
    if isinstance(transfer, float):
        return struct.pack(">4s4xIH", b"curv", 1, round(transfer * 256))
    points = np.rint(transfer(np.linspace(0.0, 1.0, _CURVE_POINTS)) * 65535).astype(">u2")
    return struct.pack(">4s4xI", b"curv", _CURVE_POINTS) + points.tobytes()


def _xyz_tag(xyz: NDArray[np.float64]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *_fixed(xyz))


def _fixed(xyz: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(round(float(value) * 65536) for value in xyz)


def _xyz(point: Chromaticity) -> NDArray[np.float64]:
    x, y = point
    return np.array([x / y, 1.0, (1.0 - x - y) / y])
