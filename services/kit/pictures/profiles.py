"""Which colours a file means: its profile tried out on a lattice of colours before the photo is entrusted to it.

libvips falls back to its own profile without a word when the embedded one cannot be used, so this is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from services.kit.pictures import icc as icc_format
from services.kit.pictures.header import Header
from services.kit.pictures.vips import Error, Image, with_profile

_NAMES = {"rgb": "RGB", "grey": "greyscale", "cmyk": "CMYK"}
_INTERPRETATIONS = {"rgb": "srgb", "grey": "b-w", "cmyk": "cmyk"}
INTENT = "relative colorimetric with black point compensation"
_BANDS = {"rgb": 3, "grey": 1, "cmyk": 4}


@dataclass(frozen=True)
class SourceProfile:
    """How to read the samples: with `icc`, or as plain sRGB when it is None (CMYK: libvips' generic press profile)."""

    icc: bytes | None
    description: str | None
    notes: tuple[str, ...] = ()


def choose(header: Header) -> SourceProfile:
    """The embedded profile if it works, else what the file implies, else sRGB; every assumption is noted."""
    notes = header.notes
    if header.icc is not None:
        problem = _problem(header.icc, header.space)
        if problem is None:
            needed = None if _is_srgb(header.icc, header.space) else header.icc
            return SourceProfile(needed, icc_format.description(header.icc) or "unnamed", notes)
        notes += (f"The embedded colour profile {problem}; it was ignored.",)
    if header.space == "cmyk":
        return SourceProfile(None, None, (*notes, "CMYK without a usable profile was read as generic press CMYK."))
    if header.implied is not None:
        return SourceProfile(header.implied, icc_format.description(header.implied), notes)
    return SourceProfile(None, None, notes)


def convert(image: Image, profile: bytes | None, depth: int) -> Image:
    """Samples to sRGB at 8 or 16 bits: relative colorimetric with black point compensation."""
    tagged = with_profile(image, profile)
    fallback = {"input_profile": "cmyk"} if image.interpretation == "cmyk" else {"input_profile": "srgb"}
    return tagged.icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=depth, **fallback
    )


@lru_cache(maxsize=32)
def _problem(icc: bytes, space: str) -> str | None:
    found = icc_format.space(icc)
    if found is None:
        return "is damaged"
    if found != space:
        return f"is meant for {_NAMES[found]}, the picture is {_NAMES[space]}"
    return None if _is_used(icc, space) else "cannot be used"


def _is_used(icc: bytes, space: str) -> bool:
    """Whether the result is the profile's own: it must not depend on what libvips would fall back to."""
    lattice = _lattice(space)
    try:
        if space == "rgb":
            tagged = with_profile(lattice, icc)
            one, other = (
                tagged.icc_transform("srgb", embedded=True, intent="relative", input_profile=name).numpy()
                for name in ("srgb", "p3")
            )
            return bool(np.array_equal(one, other))
        convert(lattice, icc, 8).numpy()
    except Error:
        return False
    return True


@lru_cache(maxsize=32)
def _is_srgb(icc: bytes, space: str) -> bool:
    """A profile that moves no colour by more than a level is sRGB; leaving it out keeps the pixels exact."""
    if space != "rgb":
        return False
    lattice = _lattice("rgb")
    moved = convert(lattice, icc, 8).numpy().astype(np.int16) - lattice.numpy()
    return bool(np.abs(moved).max() <= 1)


def _lattice(space: str) -> Image:
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    if space == "grey":
        steps = np.arange(256, dtype=np.uint8)
    axes = np.meshgrid(*[steps] * _BANDS[space], indexing="ij")
    points = np.stack(axes, axis=-1).reshape(1, -1, _BANDS[space])
    return Image.new_from_array(np.ascontiguousarray(points), interpretation=_INTERPRETATIONS[space])
