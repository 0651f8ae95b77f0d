"""The parameters of `POST /v1.0/removebg`. Sources: the facts of remove.bg's public API reference, as of 2026."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gateway.cutouts import options, text
from gateway.cutouts.colours import colour
from selvage_api.compose.v1 import compose_service_pb2 as pb

from .errors import ParameterRefused

V = TypeVar("V")

FILE, B64, URL = "image_file", "image_file_b64", "image_url"
BG_COLOUR, BG_URL, BG_FILE = "bg_color", "bg_image_url", "bg_image_file"
# Most pixels of the result.
SIZES = {
    "preview": 250_000, "small": 250_000, "regular": 250_000, "medium": 1_500_000, "hd": 4_000_000,
    "full": 0, "4k": 0, "auto": 0, "50mp": 0,
}  # fmt: skip
FORMATS = {name: value for name, value in options.FORMATS.items() if name != "jpeg"}
TYPES = ("auto", "person", "product", "car")
LEVELS = ("none", "1", "2", "latest")
SHADOWS = {
    "none": pb.CUTOUT_SHADOW_UNSPECIFIED,
    "drop": pb.CUTOUT_SHADOW_DROP,
    "car": pb.CUTOUT_SHADOW_CONTACT,
    "3d": pb.CUTOUT_SHADOW_AUTO,
    "auto": pb.CUTOUT_SHADOW_AUTO,
}


@dataclass(frozen=True)
class Parameters:
    """`type` is what the answer says the product is; '' when it is not to be said. `bg_url`: a picture to fetch."""

    style: pb.CutoutStyle
    type: str
    bg_url: str


def read(given: Mapping[str, str], has_bg_file: bool, width: int, height: int) -> Parameters:
    """For a photo of width x height. What remove.bg does not know it passes over, and so does this.

    Raises ParameterRefused with its error codes.
    """
    texts = {name: value.strip() for name, value in given.items() if value.strip()}

    def parse(name: str, reader: Callable[[str], V], otherwise: V) -> V:
        if name not in texts:
            return otherwise
        try:
            return reader(texts[name])
        except text.OutOfBounds as error:
            raise ParameterRefused.of("roi_exceeds_bounds", "ROI exceeds image bounds", error) from None
        except text.EmptyRegion as error:
            raise ParameterRefused.of("roi_region_empty", "ROI region is empty", error) from None
        except ValueError as error:
            raise ParameterRefused.of(f"invalid_{name}", f"Invalid {name} parameter given", error) from None

    background = parse(BG_COLOUR, colour, (0, 0, 0, 0))
    seen = background[3] > 0
    if seen + (BG_URL in texts) + has_bg_file > 1:
        raise ParameterRefused.of(
            "multiple_bg_sources", "Multiple background sources given", f"Give one of {BG_COLOUR}, {BG_URL}, {BG_FILE}"
        )
    shadow = parse("add_shadow", _lenient, False)
    kind = texts.get("shadow_type", "auto" if shadow else "none").lower()
    style = pb.CutoutStyle(
        format=parse("format", lambda word: options.one_of(FORMATS, word), pb.CUTOUT_FORMAT_UNSPECIFIED),
        alpha_only=parse("channels", lambda word: options.one_of(options.CHANNELS, word), False),
        max_pixels=parse("size", lambda word: options.one_of(SIZES, word), SIZES["preview"]),
        region=parse("roi", lambda word: text.region(word, width, height), None),
        crop=parse("crop", _lenient, False),
        margins=parse("crop_margin", text.margins, None),
        scale=parse("scale", text.scale, 0.0),
        position=parse("position", text.position, None),
        background=options.message(background) if seen else None,
        shadow=SHADOWS.get(kind, pb.CUTOUT_SHADOW_AUTO),
        shadow_opacity=parse("shadow_opacity", text.percent, None),
        solid=not parse("semitransparency", text.flag, True),
    )
    if not style.scale and texts.get("position", "").lower() == "original":
        style.ClearField("position")
    return Parameters(style, _type(texts), texts.get(BG_URL, ""))


def _type(texts: Mapping[str, str]) -> str:
    """The product's kind as the client named it; Selvage does not guess it, and its photos show products."""
    level = texts.get("type_level", "1").lower()
    kind = texts.get("type", "auto").lower()
    if level == "none":
        return ""
    return kind if kind in TYPES and kind != "auto" else "product"


def _lenient(word: str) -> bool:
    """remove.bg has no error code for its switches: what is not yes is no."""
    return word.lower() in text.YES
