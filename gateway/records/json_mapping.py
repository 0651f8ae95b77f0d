"""Protos -> the protobuf JSON mapping, as `json_format` writes it, several times faster for plain messages.

A run of an image writes some thirty messages. Messages with anything beyond text, numbers, enums and messages of these
go to the library.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

_AS_IT_IS = {
    FieldDescriptor.CPPTYPE_STRING,
    FieldDescriptor.CPPTYPE_BOOL,
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_UINT32,
}
_LONG = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}


def to_json(message: Message) -> dict[str, Any]:
    """With the field names of the proto; fields that are not set are left out."""
    if not _plain(message.DESCRIPTOR):
        return json_format.MessageToDict(message, preserving_proto_field_name=True)
    return _written(message)


def _written(message: Message) -> dict[str, Any]:
    return {field.name: _value(field)(value) for field, value in message.ListFields()}


@functools.cache
def _value(field: FieldDescriptor) -> Callable[[Any], Any]:
    one = _one(field)
    return (lambda values: [one(value) for value in values]) if field.is_repeated else one


def _one(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        return _written
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return _double
    if field.enum_type is not None:
        names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
        return lambda number: names.get(number, number)
    return str if field.cpp_type in _LONG else _same


def _same(value: Any) -> Any:
    return value


def _double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


@functools.cache
def _plain(descriptor: Descriptor) -> bool:
    if descriptor.full_name.startswith("google.protobuf."):
        return False
    for field in descriptor.fields:
        inner = field.message_type
        if inner is not None:
            if inner.GetOptions().map_entry or (inner is not descriptor and not _plain(inner)):
                return False
        elif field.type == FieldDescriptor.TYPE_BYTES or field.cpp_type not in {
            *_AS_IT_IS, *_LONG, FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_ENUM,
        }:  # fmt: skip
            return False
    return True
