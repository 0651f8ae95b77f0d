"""Lengths, positions and regions as clients write them in text. All raise ValueError with what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.images.v1 import images_pb2

_NUMBER = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(px|%)?")
YES, NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


class OutOfBounds(ValueError):
    """The region reaches beyond the photo."""


class EmptyRegion(ValueError):
    """The region holds no pixel."""


@dataclass(frozen=True)
class Measure:
    value: float
    percent: bool


def measure(text: str) -> Measure:
    """ "30px", "30" or "10%"."""
    match = _NUMBER.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text[:40]!r} is no length such as 30px or 10%")
    return Measure(float(match[1]), match[2] == "%")


def measures(text: str) -> list[Measure]:
    """Several, parted by blanks or commas."""
    return [measure(part) for part in re.split(r"[\s,]+", text.strip())]


def percent(text: str) -> float:
    """ "0%" to "100%", or a number without the sign, as a share of 1."""
    found = measure(text)
    if found.value > 100 or text.strip().lower().endswith("px"):
        raise ValueError(f"{text[:40]!r} is not between 0% and 100%")
    return found.value / 100


def margins(text: str) -> pb.CutoutMargins:
    """One value for all sides, two for top and bottom, left and right, four for top, right, bottom, left."""
    given = measures(text)
    if len(given) not in (1, 2, 4):
        raise ValueError(f"{text[:40]!r} has {len(given)} values; give 1, 2 or 4")
    sides = given * (4 // len(given))
    for side in sides:
        if side.percent and side.value > 100:
            raise ValueError(f"{text[:40]!r} has more than 100%")
    top, right, bottom, left = map(_length, sides)
    return pb.CutoutMargins(top=top, right=right, bottom=bottom, left=left)


def _length(given: Measure) -> pb.CutoutLength:
    return pb.CutoutLength(share=given.value / 100) if given.percent else pb.CutoutLength(pixels=given.value)


def scale(text: str) -> float:
    """ "10%" to "100%" as a share; 0 for "original" and ""."""
    if text.strip().lower() in ("", "original"):
        return 0.0
    found = percent(text)
    if found < 0.1:
        raise ValueError(f"{text[:40]!r} is below 10%")
    return found


def position(text: str) -> pb.CutoutPosition:
    """ "original", "center", one value for both directions, or two: from the left and from the top."""
    word = text.strip().lower()
    if word == "original":
        return pb.CutoutPosition(original=True)
    if word in ("center", "centre"):
        return pb.CutoutPosition(x=0.5, y=0.5)
    given = [percent(part) for part in re.split(r"[\s,]+", word)]
    if len(given) not in (1, 2):
        raise ValueError(f"{text[:40]!r} has {len(given)} values; give 1 or 2")
    return pb.CutoutPosition(x=given[0], y=given[-1])


def region(text: str, width: int, height: int) -> images_pb2.Box | None:
    """ "x1 y1 x2 y2" in pixels or percent of a photo of width x height; None when it is all of it.

    Raises OutOfBounds and EmptyRegion too.
    """
    given = measures(text)
    if len(given) != 4:
        raise ValueError(f"{text[:40]!r} has {len(given)} values; give 4")
    sides = (width, height, width, height)
    if any(each.value > (100 if each.percent else side) for each, side in zip(given, sides, strict=True)):
        raise OutOfBounds(f"{text[:40]!r} reaches beyond the photo of {width} x {height} pixels")
    x1, y1, x2, y2 = (
        round(each.value * side / 100 if each.percent else each.value) for each, side in zip(given, sides, strict=True)
    )
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    if left == right or top == bottom:
        raise EmptyRegion(f"{text[:40]!r} is an empty region")
    if (left, top, right, bottom) == (0, 0, width, height):
        return None
    return images_pb2.Box(left=left, top=top, width=right - left, height=bottom - top)


def flag(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES + NO:
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return word in YES
