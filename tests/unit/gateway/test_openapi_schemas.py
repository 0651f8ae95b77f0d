"""Proto messages as JSON schemas, held against what the protobuf JSON mapping itself says."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from gateway.access.principal import Role
from gateway.errors import FieldsInvalid, JobNotFound
from gateway.rest.openapi.document import document
from gateway.rest.openapi.schemas import Schemas
from gateway.rest.operation import Operation
from selvage_api.files.v1 import files_service_pb2
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import PhotoError

CREATE = jobs_service_pb2.CreateJobRequest


def accepts(message: type[Message], body: dict[str, Any], *, request: bool) -> bool:
    schemas = Schemas()
    descriptor: Any = message.DESCRIPTOR
    schema = schemas.request(descriptor) if request else schemas.answer(descriptor)
    checked = schema | {"components": {"schemas": schemas.components}}
    return bool(jsonschema.Draft202012Validator(checked).is_valid(body))


REQUESTS: list[tuple[type[Message], dict[str, Any]]] = [
    (CREATE, {}),
    (CREATE, {"shop": "a", "validate_only": True, "label": None}),
    (CREATE, {"shop": 7}),
    (CREATE, {"validate_only": "true"}),
    (CREATE, {"unknown": 1}),
    (CREATE, {"priority": "PRIORITY_RUSH"}),
    (CREATE, {"priority": 1}),
    (CREATE, {"priority": "PRIORITY_SOON"}),
    (CREATE, {"priority": []}),
    (CREATE, {"images": [{"tier": "TIER_HERO", "due_time": "2026-12-01T12:00:00Z"}]}),
    (CREATE, {"images": {}}),
    (CREATE, {"images": [1]}),
    (CREATE, {"images": None}),
    (review_service_pb2.DecideRequest, {"seconds": 1.5}),
    (review_service_pb2.DecideRequest, {"seconds": "1.5"}),
    (review_service_pb2.DecideRequest, {"seconds": "long"}),
    (images_pb2.ObjectRef, {"size_bytes": "5"}),
    (images_pb2.ObjectRef, {"size_bytes": 5}),
    (images_pb2.ObjectRef, {"size_bytes": 5.5}),
    (images_pb2.Box, {"left": 3}),
    (images_pb2.Box, {"left": "3"}),
    (images_pb2.Box, {"left": 1 << 31}),
    (images_pb2.Box, {"left": []}),
    (files_service_pb2.UploadRequest, {"chunk": "YQ=="}),
    (files_service_pb2.UploadRequest, {"header": {"shop": "a"}}),
    (files_service_pb2.UploadRequest, {"header": {}, "chunk": "YQ=="}),
]


@pytest.mark.parametrize(("message", "body"), REQUESTS)
def test_a_request_is_as_the_mapping_reads_it(message: type[Message], body: dict[str, Any]) -> None:
    try:
        json_format.ParseDict(body, message())
        read = True
    except json_format.ParseError:
        read = False
    assert accepts(message, body, request=True) == read


@pytest.mark.parametrize(
    "message",
    [
        images_pb2.Image(),
        images_pb2.Image(
            image_id="1", tier=images_pb2.TIER_HERO, confidence=0.5, original=images_pb2.ObjectRef(size_bytes=1 << 62),
            files=[images_pb2.ImageFile(name="psd")], reasons=[images_pb2.Reason(boxes=[images_pb2.Box(left=-1)])],
        ),
        jobs_service_pb2.ListJobsResponse(jobs=[jobs_service_pb2.Job()]),
    ],
    ids=["empty", "image", "jobs"],
)  # fmt: skip
def test_an_answer_is_as_the_mapping_writes_it_and_nothing_looser(message: Message) -> None:
    written = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    assert accepts(type(message), written, request=False)
    for name in written:
        assert not accepts(type(message), {**written, name: {"of": "another kind"}}, request=False)
        without = {other: written[other] for other in written if other != name}
        assert accepts(type(message), without, request=False) == message.DESCRIPTOR.fields_by_name[name].has_presence


def test_comments_of_the_protos_are_descriptions() -> None:
    schemas = Schemas()
    descriptor: Any = images_pb2.ObjectRef.DESCRIPTOR
    schemas.answer(descriptor)
    described = schemas.components["ObjectRef"]
    assert described["description"].startswith("A file in the object store.")
    assert described["properties"]["sha256"]["description"] == "Lower-case hexadecimal SHA-256 of the bytes."


# --- the document ----------------------------------------------------------------------------------------------------


async def nothing(_request: Request) -> Response:
    return Response()


def operation(id: str, path: str, **fields: Any) -> Operation:
    return Operation(id, "GET", path, nothing, "What it is", **fields)


def test_two_operations_have_neither_one_id_nor_one_place() -> None:
    for other in (operation("a", "/y"), operation("b", "/x")):
        with pytest.raises(ValueError, match="is there already"):
            document([operation("a", "/x"), other])


def test_an_operation_tells_its_errors_by_status() -> None:
    told = document([operation("a", "/jobs/{job_id}", errors=(JobNotFound, FieldsInvalid, PhotoError))])
    responses = told["paths"]["/jobs/{job_id}"]["get"]["responses"]

    def codes(status: str) -> list[str]:
        schema = responses[status]["content"]["application/problem+json"]["schema"]
        found: list[str] = schema["properties"]["code"]["enum"]
        return found

    assert codes("404") == ["JOB_NOT_FOUND", "ROUTE_NOT_FOUND"]
    assert codes("400") == ["FIELDS_INVALID", "INVALID_ARGUMENT", "VALUE_NOT_STORABLE"]
    assert {"EMPTY_FILE", "TRUNCATED_FILE"} <= set(codes("422"))
    assert codes("500") == ["INTERNAL"]
    assert "401" not in responses


def test_where_keys_are_asked_for_it_is_told() -> None:
    told = document([operation("a", "/x", roles=(Role.SUBMIT,)), operation("b", "/y")])["paths"]
    assert {"401", "403", "429"} <= set(told["/x"]["get"]["responses"])
    assert told["/x"]["get"]["security"] == [{}, {"bearer": []}, {"apiKey": []}]
    assert "security" not in told["/y"]["get"]
