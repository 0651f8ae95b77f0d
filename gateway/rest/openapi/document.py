"""Operations as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from gateway.access.errors import KeyExpired, KeyMissing, KeyRefused, KeyRevoked, RequestsExceeded
from gateway.errors import (
    DatabaseUnavailable,
    FieldsInvalid,
    RequestTooLarge,
    RoleMissing,
    RouteNotFound,
    ShopForbidden,
    ValueNotStorable,
)
from gateway.rest.envelope import PREFIX
from gateway.rest.operation import Body, Operation, Parameter, Raw
from gateway.rest.problems import MEDIA_TYPE, RETRY_STATUS
from services.kit.errors import InvalidArgument, SelvageError

from .schemas import Schema, Schemas

DESCRIPTION = (
    "Raw product photos in, publish-ready images out. Bodies are protobuf messages in their JSON mapping: 64-bit "
    "integers are strings, times are RFC 3339, names are snake_case (requests may use lowerCamelCase too). "
    "docs/rest.md tells what a schema cannot."
)
JSON = "application/json"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
# Every operation may answer these; those with a body may find it too large as well.
ANYWHERE: tuple[type[SelvageError], ...] = (
    SelvageError,
    InvalidArgument,
    FieldsInvalid,
    ValueNotStorable,
    DatabaseUnavailable,
)
# Where keys are asked for, and a shop may have a limit of requests.
GUARDED: tuple[type[SelvageError], ...] = (
    KeyMissing,
    KeyRefused,
    KeyExpired,
    KeyRevoked,
    RoleMissing,
    ShopForbidden,
    RequestsExceeded,
)
PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457. `code` is the row of the error table, the same as ErrorInfo.reason over gRPC.",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "instance": {"type": "string"},
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]{0,62}$"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "The fields at fault.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
REMOVEBG_ERRORS: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["title"],
                "properties": {name: {"type": "string"} for name in ("title", "code", "detail")},
            },
        }
    },
}
REQUEST_ID = {"description": "The caller's, or a new one.", "schema": {"type": "string"}}
RETRY_AFTER = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
SECURITY: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"apiKey": []}]
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key. Needed when the server asks for keys."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key, another header."},
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Raises ValueError when two operations have one id, or one method and path."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    ids: set[str] = set()
    for operation in operations:
        method = operation.method.lower()
        if operation.id in ids or method in paths[operation.path]:
            raise ValueError(f"{operation.id} ({operation.method} {operation.path}) is there already")
        ids.add(operation.id)
        paths[operation.path][method] = _operation(operation, schemas)
    named = {"ProblemDetails": PROBLEM, "RemoveBgErrors": REMOVEBG_ERRORS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Selvage",
            "version": "1",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted((schemas.components | named).items())),
            "headers": {"RequestId": REQUEST_ID, "RetryAfter": RETRY_AFTER},
            "securitySchemes": SCHEMES,
        },
    }


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [*_in_path(operation.path), *map(_parameter, operation.parameters)],
        "responses": dict(sorted((_problems(operation) | _answers(operation, schemas)).items())),
    }
    if operation.roles:
        described["description"] = f"Role of the API key: {' or '.join(operation.roles)}."
        described["security"] = SECURITY
    if operation.body is not None:
        described["requestBody"] = {
            "required": isinstance(operation.body, Raw),
            "content": _content(operation.body, schemas, operation.without),
        }
    return described


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _part(name)}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _part(name: str) -> str:
    """As Operation.route() takes them."""
    return "^[^/:]+$" if name.endswith("_id") else "^[^/]+$"


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: Schema = {"type": parameter.type}
    if parameter.type == "array":
        schema["items"] = {"type": "string"}
    return {
        "name": parameter.name,
        "in": "header" if parameter.header else "query",
        "description": parameter.meaning,
        "required": parameter.required,
        "schema": schema,
    }


def _content(body: Body, schemas: Schemas, without: tuple[str, ...] | None = None) -> dict[str, Any]:
    """`without` is None for an answer."""
    if isinstance(body, Raw):
        return {media_type: _raw(media_type, body) for media_type in body.media_types}
    message: Any = body.DESCRIPTOR  # the stubs know two types of it
    return {JSON: {"schema": schemas.answer(message) if without is None else schemas.request(message, without)}}


def _raw(media_type: str, body: Raw) -> dict[str, Any]:
    """The schema describes JSON and forms; bytes and streams of events have none in OpenAPI 3.1."""
    if media_type == JSON or media_type in FORMS:
        return {"schema": body.schema or {}}
    return {"schema": {"type": "string"}} if media_type == "text/plain" else {}


def _answers(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    answers = {}
    for status in sorted({operation.status, *operation.also}):
        described: dict[str, Any] = {
            "description": HTTPStatus(status).phrase,
            "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
        }
        if operation.answer is not None and status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            described["content"] = _content(operation.answer, schemas)
        answers[str(status)] = described
    return answers


def _problems(operation: Operation) -> dict[str, Any]:
    """One entry a status, naming every row of the error table that has it; remove.bg's routes have its own codes."""
    if operation.path.startswith(PREFIX):
        content = {JSON: {"schema": {"$ref": "#/components/schemas/RemoveBgErrors"}}}
        return {status: {"description": "As remove.bg tells errors.", "content": content} for status in ("4XX", "5XX")}
    rows = {*ANYWHERE, *(row for each in operation.errors for row in _family(each))}
    if operation.roles:
        rows.update(GUARDED)
    if "{" in operation.path:  # an empty id, or one with a colon
        rows.add(RouteNotFound)
    if operation.body is not None and not isinstance(operation.body, Raw):
        rows.add(RequestTooLarge)
    codes: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        codes[row.http].add(row.reason)
    return {str(status): _problem(status, sorted(named)) for status, named in sorted(codes.items())}


def _family(row: type[SelvageError]) -> Iterator[type[SelvageError]]:
    """A row, and with PhotoError and the like, which are named for no one thing that happened, those beneath it."""
    yield row
    if row.__name__.endswith("Error"):
        for beneath in row.__subclasses__():
            yield from _family(beneath)


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in RETRY_STATUS:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    schema = {
        "allOf": [{"$ref": "#/components/schemas/ProblemDetails"}],
        "properties": {"code": {"enum": codes}},
    }
    return {"description": ", ".join(codes), "headers": headers, "content": {MEDIA_TYPE: {"schema": schema}}}
