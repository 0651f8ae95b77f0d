"""One REST operation: what the router needs to serve it, and what the published OpenAPI document says of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from google.protobuf.message import Message
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.access.principal import Role
from services.kit.errors import SelvageError


class _Id(StringConvertor):
    regex = "[^/:]+"


register_url_convertor("id", _Id())


@dataclass(frozen=True)
class Parameter:
    """A query parameter, or a header when `header` is set."""

    name: str
    meaning: str
    type: str = "string"
    """JSON schema type: string, integer, boolean, or "array" of strings."""
    required: bool = False
    header: bool = False


@dataclass(frozen=True)
class Raw:
    """A body that is no proto message: bytes of some media types, or JSON of a `schema` of its own."""

    media_types: tuple[str, ...] = ("application/octet-stream",)
    schema: dict[str, object] | None = None


Body = type[Message] | Raw


@dataclass(frozen=True)
class Operation:
    """`id` is unique in the document (lowerCamelCase); `answer` is the body of a good answer with `status`."""

    id: str
    method: str
    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    summary: str
    answer: Body | None = None
    body: Body | None = None
    without: tuple[str, ...] = ()
    """Fields of `body` that stand in the path instead."""
    parameters: tuple[Parameter, ...] = ()
    status: int = 200
    also: tuple[int, ...] = ()
    """Other good statuses, with the same body or none."""
    roles: tuple[Role, ...] = ()
    """Who may call it when keys are required; empty for everybody."""
    errors: tuple[type[SelvageError], ...] = ()
    tag: str = "jobs"

    def route(self) -> Route:
        # An id holds no colon, so that GET of ".../x:cancel" is no look-up of the job "x:cancel".
        return Route(re.sub(r"{(\w+_id)}", r"{\1:id}", self.path), self.endpoint, methods=[self.method])
