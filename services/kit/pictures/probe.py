"""The facts about a file, from its header alone, or the reason it is refused."""

from __future__ import annotations

from services.kit.errors import UnsupportedFormat
from services.kit.pictures import bmff, heif, raster, raw
from services.kit.pictures.header import Header
from services.kit.pictures.limits import check_bytes, check_frames, check_size
from services.kit.pictures.model import Limits, PictureInfo
from services.kit.pictures.profiles import INTENT, SourceProfile, choose
from services.kit.pictures.sniff import sniff

_HEIF = frozenset({"avif", "heic"})
_SIDEWAYS = frozenset({5, 6, 7, 8})


def probe(data: bytes, limits: Limits | None = None) -> PictureInfo:
    """What the file holds; no pixel is decoded.

    Raises EmptyFile, FileTooLarge, UnsupportedFormat, TruncatedFile, AnimatedPicture, TooManyPixels, TooFewPixels.
    """
    header = read_header(data, limits or Limits())
    return describe(header, choose(header))


def read_header(data: bytes, limits: Limits) -> Header:
    """The header of a file within the limits."""
    check_bytes(len(data), limits)
    try:
        kind = sniff(data)
    except UnsupportedFormat as refusal:
        if refusal.details["found"] == "GIF":  # an animation is told so: exporting it as another GIF would not help
            check_frames(raster.gif_frames(data), limits)
        raise
    if kind in _HEIF:
        check_frames(bmff.sequence_frames(data), limits)  # first: a film need not hold a still picture at all
        header = heif.header(data, kind)
    elif kind in raw.KINDS:
        header = raw.header(data, kind)
    else:
        header = raster.header(data, kind)
    check_frames(header.frames, limits)
    check_size(*upright(header), limits)
    return header


def upright(header: Header) -> tuple[int, int]:
    """Width and height after the orientation was applied."""
    sideways = header.orientation in _SIDEWAYS
    return (header.height, header.width) if sideways else (header.width, header.height)


def describe(header: Header, profile: SourceProfile) -> PictureInfo:
    """The public facts."""
    width, height = upright(header)
    return PictureInfo(
        format=header.format,
        width=width,
        height=height,
        bits=header.bits,
        frames=header.frames,
        profile=profile.description,
        orientation=header.orientation,
        has_alpha=header.has_alpha,
        notes=profile.notes,
        intent=INTENT if profile.icc is not None or header.space == "cmyk" else "",
    )
