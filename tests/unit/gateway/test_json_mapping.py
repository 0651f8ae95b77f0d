"""Our JSON mapping writes what the library writes, for every message a run records."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from gateway.records import convert
from gateway.records.json_mapping import to_json
from selvage_api.compose.v1 import compose_service_pb2
from selvage_api.images.v1 import images_pb2, use_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.matting.v1 import matting_service_pb2
from selvage_api.segment.v1 import segment_service_pb2

KINDS: list[type[Message]] = [
    images_pb2.ObjectRef, images_pb2.ImageFile, images_pb2.Reason, images_pb2.Problem, images_pb2.Image,
    use_pb2.StageUse, segment_service_pb2.PlateNumbers, segment_service_pb2.SegmentNumbers,
    matting_service_pb2.MatteNumbers, compose_service_pb2.ComposeNumbers, compose_service_pb2.Naming,
    jobs_service_pb2.Event,
]  # fmt: skip
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_STRING: st.text(max_size=8),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
}


def value(field: Any) -> st.SearchStrategy[Any]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        if field.message_type is Timestamp.DESCRIPTOR:
            return st.builds(Timestamp, seconds=st.integers(0, 2**32))
        return filled(field.message_type._concrete_class)
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return st.sampled_from([*field.enum_type.values_by_number, 999])
    return SCALARS[field.cpp_type]


def filled(kind: type[Message]) -> st.SearchStrategy[Message]:
    fields = {
        field.name: st.lists(value(field), max_size=2) if field.is_repeated else value(field)
        for field in kind.DESCRIPTOR.fields
        if field.containing_oneof is None
    }
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: kind(**given))


@given(st.data())
def test_as_the_library_writes_it(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(KINDS).flatmap(filled))
    ours, theirs = to_json(message), json_format.MessageToDict(message, preserving_proto_field_name=True)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 0.1, 3.0, -0.0])
def test_numbers_that_json_has_not(number: float) -> None:
    message = matting_service_pb2.MatteNumbers(band_confidence=number)
    assert repr(to_json(message)) == repr(json_format.MessageToDict(message, preserving_proto_field_name=True))


@given(filled(images_pb2.ObjectRef))
def test_an_object_reference_comes_back(message: images_pb2.ObjectRef) -> None:
    assert convert.object_ref(to_json(message)) == message
    assert convert.object_ref(to_json(message) | {"of a newer version": 1}) == message
