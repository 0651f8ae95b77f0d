"""Messages of the API to what the room works with, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable

from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2 as pb
from services.kit.boxes import Box
from services.kit.errors import InvalidArgument
from services.matting import light
from services.matting.numbers import MatteNumbers
from services.matting.pipeline import MatteOptions
from services.matting.settings import MattingSettings
from services.matting.strokes import Label, Stroke
from services.matting.trimap import TrimapOptions

_LABELS: dict[pb.StrokeLabel, Label] = {
    pb.STROKE_LABEL_FOREGROUND: "foreground",
    pb.STROKE_LABEL_BACKGROUND: "background",
    pb.STROKE_LABEL_UNKNOWN: "unknown",
}
# Pixels; far beyond any photo.
_FARTHEST = 1e6


def options(wanted: pb.MatteOptions, settings: MattingSettings) -> MatteOptions:
    """What a request says, and the settings where it says nothing. Raises InvalidArgument."""
    foreground = wanted.foreground_threshold or settings.foreground_threshold
    background = wanted.background_threshold or settings.background_threshold
    if not 0 <= background < 0.5 < foreground <= 1:
        problem = f"0 <= background < 0.5 < foreground <= 1 must hold, not {background}, {foreground}"
        raise InvalidArgument(field="options", problem=problem)
    return MatteOptions(
        solver=wanted.solver or settings.solver,
        light=wanted.light or light.AUTO,
        trimap=TrimapOptions(foreground, background, settings.confidence_threshold),
        pymatting_mib=settings.pymatting_mib,
        device=settings.device,
    )


def strokes(painted: Iterable[pb.Stroke]) -> tuple[Stroke, ...]:
    """Raises InvalidArgument for a stroke that paints nothing or says not what."""
    return tuple(_stroke(f"strokes[{index}]", stroke) for index, stroke in enumerate(painted))


def _stroke(name: str, stroke: pb.Stroke) -> Stroke:
    label = _LABELS.get(stroke.label)
    if label is None:
        known = ", ".join(pb.StrokeLabel.Name(each) for each in _LABELS)
        raise InvalidArgument(field=f"{name}.label", problem=f"must be one of {known}")
    if not stroke.points:
        raise InvalidArgument(field=f"{name}.points", problem="name at least one point")
    if not 0 < stroke.radius <= _FARTHEST:  # NaN neither
        raise InvalidArgument(field=f"{name}.radius", problem="must be more than 0, in pixels")
    points = tuple((point.x, point.y) for point in stroke.points)
    if not all(math.isfinite(value) and abs(value) <= _FARTHEST for point in points for value in point):
        raise InvalidArgument(field=f"{name}.points", problem="must be pixels of the upright photo")
    return Stroke(label, points, stroke.radius)


def from_box(box: images_pb2.Box, name: str) -> Box:
    """Raises InvalidArgument for an empty one."""
    if box.width <= 0 or box.height <= 0:
        raise InvalidArgument(field=name, problem="width and height must be more than 0, in pixels")
    return Box(box.left, box.top, box.width, box.height)


def to_box(box: Box) -> images_pb2.Box:
    return images_pb2.Box(left=box.left, top=box.top, width=box.width, height=box.height)


def to_numbers(numbers: MatteNumbers) -> pb.MatteNumbers:
    return pb.MatteNumbers(
        width=numbers.width,
        height=numbers.height,
        status=numbers.status,
        solver=numbers.solver,
        light=numbers.light,
        foreground_share=numbers.foreground_share,
        unknown_share=numbers.unknown_share,
        band_confidence=numbers.band_confidence,
        doubtful_share=numbers.doubtful_share,
        subjects=numbers.subjects,
        frame_touch=numbers.frame_touch,
        edge_contrast=numbers.edge_contrast,
        uncertain_holes=[to_box(box) for box in numbers.uncertain_holes],
        doubtful_boxes=[to_box(box) for box in numbers.doubtful_boxes],
        subject_box=to_box(numbers.subject_box),
        shadow_detail=numbers.shadow_detail,
    )
