"""The options of `/v1/cutouts`, as texts, into a style. All that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gateway.errors import FieldsInvalid
from selvage_api.compose.v1 import compose_service_pb2 as pb

from . import text
from .colours import colour

V = TypeVar("V")

SIZES = {"preview": 250_000, "medium": 1_500_000, "hd": 4_000_000, "full": 0}
FORMATS = {
    "auto": pb.CUTOUT_FORMAT_UNSPECIFIED,
    "png": pb.CUTOUT_FORMAT_PNG,
    "jpg": pb.CUTOUT_FORMAT_JPEG,
    "jpeg": pb.CUTOUT_FORMAT_JPEG,
    "webp": pb.CUTOUT_FORMAT_WEBP,
    "zip": pb.CUTOUT_FORMAT_ZIP,
}
CHANNELS = {"rgba": False, "alpha": True}
SHADOWS = {
    "none": pb.CUTOUT_SHADOW_UNSPECIFIED,
    "auto": pb.CUTOUT_SHADOW_AUTO,
    "drop": pb.CUTOUT_SHADOW_DROP,
    "contact": pb.CUTOUT_SHADOW_CONTACT,
}
# Everything a request may say beside the photo.
NAMES = (
    "shop", "profile", "category", "size", "format", "channels", "region", "crop", "margin", "scale", "position",
    "background", "background_url", "shadow", "shadow_opacity", "solid",
)  # fmt: skip


def style(options: Mapping[str, str], width: int, height: int) -> pb.CutoutStyle:
    """For a photo of width x height. Raises FieldsInvalid."""
    problems: list[tuple[str, str]] = []

    def parse(name: str, reader: Callable[[str], V], otherwise: V) -> V:
        given = options.get(name, "").strip()
        if not given:
            return otherwise
        try:
            return reader(given)
        except ValueError as error:
            problems.append((name, str(error)))
            return otherwise

    made = pb.CutoutStyle(
        format=parse("format", lambda given: one_of(FORMATS, given), pb.CUTOUT_FORMAT_UNSPECIFIED),
        alpha_only=parse("channels", lambda given: one_of(CHANNELS, given), False),
        max_pixels=parse("size", lambda given: one_of(SIZES, given), 0),
        region=parse("region", lambda given: text.region(given, width, height), None),
        crop=parse("crop", text.flag, False),
        margins=parse("margin", text.margins, None),
        scale=parse("scale", text.scale, 0.0),
        position=parse("position", text.position, None),
        background=parse("background", lambda given: message(colour(given)), None),
        shadow=parse("shadow", lambda given: one_of(SHADOWS, given), pb.CUTOUT_SHADOW_UNSPECIFIED),
        shadow_opacity=parse("shadow_opacity", text.percent, None),
        solid=parse("solid", text.flag, False),
    )
    if made.HasField("background") and options.get("background_url", "").strip():
        problems.append(("background_url", "give a background or a background_url, not both"))
    problems += [(name[:100], "is no field of this route") for name in options if name not in NAMES]
    if problems:
        raise FieldsInvalid.of(problems)
    return made


def message(parts: tuple[int, int, int, int]) -> pb.Colour:
    red, green, blue, alpha = parts
    return pb.Colour(red=red, green=green, blue=blue, alpha=alpha)


def one_of(known: Mapping[str, V], given: str) -> Any:
    """Raises ValueError for a word that is not known."""
    word = given.strip().lower()
    if word not in known:
        raise ValueError(f"{given[:40]!r} is not one of {', '.join(known)}")
    return known[word]
