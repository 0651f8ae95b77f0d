"""JSON bodies <-> protos, in the protobuf JSON mapping."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import RequestTooLarge
from services.kit.errors import InvalidArgument

# 20,000 images with all their fields take about 10 MB.
BODY_LIMIT = 32 << 20

M = TypeVar("M", bound=Message)


async def read(request: Request, message: M) -> M:
    """The body as `message`. An empty body is an empty message. Raises InvalidArgument, RequestTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise RequestTooLarge(limit=BODY_LIMIT)
    try:
        content = json.loads(bytes(body) or b"{}")
        if not isinstance(content, dict):
            raise InvalidArgument(field="body", problem="must be a JSON object")
        _no_booleans(content, message.DESCRIPTOR)
        return json_format.ParseDict(content, message)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise InvalidArgument(field="body", problem=str(error)[:300] or type(error).__name__) from None


def _no_booleans(content: object, described: Any) -> None:
    """Python counts true as 1, and protobuf's reader with it. Raises ParseError where a number is a boolean."""
    if not isinstance(content, dict):
        return
    fields = {name: field for field in described.fields for name in (field.name, field.json_name)}
    for name, value in content.items():
        field = fields.get(name)
        if field is None:
            continue
        for each in value if isinstance(value, list) else [value]:
            if field.message_type is not None:
                _no_booleans(each, field.message_type)
            elif isinstance(each, bool) and field.type != FieldDescriptor.TYPE_BOOL:
                raise json_format.ParseError(f"{name}: must not be a boolean")


def text(message: Message) -> str:
    """One line of JSON with the field names of the proto, fields at their default included."""
    return json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )


def answer(message: Message, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(text(message), status, named, "application/json")


def tagged(request: Request, message: Message, tag: str = "") -> Response:
    """The message under an entity tag, by default one of its content, or 304 when the client holds it already."""
    if not tag:
        tag = f'W/"{hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()[:32]}"'
    return not_modified(request, tag) or answer(message, ETag=tag)


def integer(request: Request, name: str) -> int:
    """A query parameter, 0 when absent. Raises InvalidArgument."""
    given = request.query_params.get(name, "") or "0"
    try:
        number = int(given)
    except ValueError:
        number = 1 << 40
    if abs(number) >= 1 << 31:
        raise InvalidArgument(field=name, problem="must be a whole number of 32 bits")
    return number


def mask(request: Request) -> FieldMask:
    """The query parameter read_mask: names with commas between them, snake_case or lowerCamelCase."""
    names = request.query_params.get("read_mask", "").split(",")
    return FieldMask(paths=[re.sub(r"([A-Z])", r"_\1", name.strip()).lower() for name in names if name.strip()])


def not_modified(request: Request, tag: str) -> Response | None:
    """304 when the client holds what `tag`, a quoted entity tag, stands for (RFC 9110, 13.1.2)."""
    held = [unquoted(each) for each in request.headers.get("if-none-match", "").split(",")]
    if unquoted(tag) not in held and held != ["*"]:
        return None
    return Response(status_code=304, headers={"ETag": tag})


def unquoted(value: str) -> str:
    """A header value that may be a quoted string: an entity tag (with W/ or without) or an RFC 8941 string."""
    value = value.strip().removeprefix("W/")
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
