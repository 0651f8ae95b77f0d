"""The style of a cut-out from its message."""

from __future__ import annotations

import math

from selvage_api.compose.v1 import compose_service_pb2 as pb
from services.compose.cutouts.style import Length, Margins, Position, Style
from services.kit.boxes import Box
from services.kit.errors import InvalidArgument

FORMATS = {
    pb.CUTOUT_FORMAT_UNSPECIFIED: "auto",
    pb.CUTOUT_FORMAT_PNG: "png",
    pb.CUTOUT_FORMAT_JPEG: "jpeg",
    pb.CUTOUT_FORMAT_WEBP: "webp",
    pb.CUTOUT_FORMAT_ZIP: "zip",
}
SHADOWS = {
    pb.CUTOUT_SHADOW_UNSPECIFIED: "none",
    pb.CUTOUT_SHADOW_AUTO: "auto",
    pb.CUTOUT_SHADOW_DROP: "drop",
    pb.CUTOUT_SHADOW_CONTACT: "contact",
}
SMALLEST_SCALE = 0.1


def style(message: pb.CutoutStyle, width: int, height: int) -> Style:
    """For a photo of width x height. Raises InvalidArgument."""
    if message.format not in FORMATS:
        raise InvalidArgument(field="style.format", problem=f"{message.format} is no format")
    if message.shadow not in SHADOWS:
        raise InvalidArgument(field="style.shadow", problem=f"{message.shadow} is no shadow")
    if message.max_pixels < 0:
        raise InvalidArgument(field="style.max_pixels", problem="must be 0 or more")
    margins = message.margins
    return Style(
        format=FORMATS[message.format],
        alpha_only=message.alpha_only,
        max_pixels=message.max_pixels,
        region=_region(message.region, width, height) if message.HasField("region") else None,
        crop=message.crop,
        margins=Margins(*(_length(side) for side in (margins.top, margins.right, margins.bottom, margins.left))),
        scale=_between("style.scale", message.scale, SMALLEST_SCALE, 1.0) if message.scale else 0.0,
        position=_position(message.position) if message.HasField("position") else None,
        background=_colour(message.background) if message.HasField("background") else None,
        shadow=SHADOWS[message.shadow],
        shadow_opacity=_between("style.shadow_opacity", message.shadow_opacity, 0.0, 1.0)
        if message.HasField("shadow_opacity")
        else 1.0,
        solid=message.solid,
    )


def _region(box: object, width: int, height: int) -> Box:
    left, top = getattr(box, "left", 0), getattr(box, "top", 0)
    found = Box(left, top, getattr(box, "width", 0), getattr(box, "height", 0))
    if found.width <= 0 or found.height <= 0:
        raise InvalidArgument(field="style.region", problem="is empty; give it a width and a height")
    if left < 0 or top < 0 or found.right > width or found.bottom > height:
        raise InvalidArgument(field="style.region", problem=f"reaches beyond the photo of {width} x {height}")
    return found


def _length(message: pb.CutoutLength) -> Length:
    share = message.WhichOneof("length") == "share"
    value = message.share if share else message.pixels
    return Length(_between("style.margins", value, 0.0, 1e6), share)


def _position(message: pb.CutoutPosition) -> Position:
    x = _between("style.position.x", message.x, 0.0, 1.0)
    return Position(x, _between("style.position.y", message.y, 0.0, 1.0), message.original)


def _colour(message: pb.Colour) -> tuple[int, int, int, int]:
    parts = (message.red, message.green, message.blue, message.alpha)
    if max(parts) > 255:
        raise InvalidArgument(field="style.background", problem="each part must be 0 to 255")
    return parts


def _between(field: str, value: float, low: float, high: float) -> float:
    if not (math.isfinite(value) and low <= value <= high):
        raise InvalidArgument(field=field, problem=f"must be {low:g} to {high:g}")
    return value
