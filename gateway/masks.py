"""Read masks (AIP-157): the fields of a resource that an answer shall have."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.descriptor import Descriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.kit.errors import InvalidArgument

M = TypeVar("M", bound=Message)
EVERYTHING = "*"


def check(mask: FieldMask, resource: type[Message]) -> None:
    """Raises InvalidArgument for a path that is no field. Below a repeated field there are none."""
    for path in mask.paths:
        if path != EVERYTHING and not _leads(path, resource.DESCRIPTOR):  # type: ignore[arg-type]
            name = resource.DESCRIPTOR.name
            raise InvalidArgument(field="read_mask", problem=f"{path!r} is no field of {name}; leave it out")


def apply(mask: FieldMask, message: M) -> M:
    """A copy with only what a checked mask names; the message itself for an empty mask."""
    if not mask.paths or EVERYTHING in mask.paths:
        return message
    kept = type(message)()
    mask.MergeMessage(message, kept)
    return kept


def _leads(path: str, message: Descriptor) -> bool:
    first, dot, rest = path.partition(".")
    field = message.fields_by_name.get(first)
    if field is None or not dot:
        return field is not None
    return field.message_type is not None and not field.is_repeated and _leads(rest, field.message_type)
