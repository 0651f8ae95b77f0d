"""A request's fields and files, however they were sent: multipart, urlencoded, JSON, or one raw photo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from gateway.cutouts.maker import Photo
from gateway.errors import RequestTooLarge
from services.kit.errors import InvalidArgument

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
JSON = "application/json"
# Beside the photos: the texts of a form and the frame around them.
ROOM = 1 << 20
MOST_FILES, MOST_FIELDS = 8, 64


@dataclass
class Fields:
    """`raw`: the body when it is neither a form nor JSON."""

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, Photo] = field(default_factory=dict)
    raw: Photo | None = None


async def read(request: Request, photo_limit: int) -> Fields:
    """A photo may have `photo_limit` bytes, in base64 too, and another one may be its background.

    Raises RequestTooLarge, InvalidArgument.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    most = 2 * photo_limit + ROOM
    limited = Request(request.scope, _Limited(request, most))
    if media_type in FORMS:
        return await _form(limited, most)
    body = await limited.body()
    if media_type == JSON:
        return Fields(texts=dict(_texts(body)))
    if not body:
        return Fields()
    return Fields(raw=Photo(body, media_type))


async def _form(request: Request, most: int) -> Fields:
    found = Fields()
    try:
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=most) as form:
            for name, value in form.multi_items():
                if not isinstance(value, UploadFile):
                    found.texts[name] = value
                elif value.filename or value.size:
                    found.files[name] = Photo(await value.read(), value.content_type or "", value.filename or "")
    except HTTPException as error:
        raise InvalidArgument(field="body", problem=str(error.detail)[:300]) from None
    return found


def _texts(body: bytes) -> Iterator[tuple[str, str]]:
    """A flat JSON object; null is the same as nothing."""
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(field="body", problem=f"is no JSON: {str(error)[:200]}") from None
    if not isinstance(content, dict):
        raise InvalidArgument(field="body", problem="must be a JSON object")
    for name, value in content.items():
        if isinstance(value, bool):
            yield name, "true" if value else "false"
        elif isinstance(value, str | int | float):
            yield name, str(value)
        elif value is not None:
            raise InvalidArgument(field=name[:100], problem="must be a text, a number or a boolean")


class _Limited:
    """Receives no more than `most` bytes of body."""

    def __init__(self, request: Request, most: int) -> None:
        self._receive = request.receive
        self._most = self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise RequestTooLarge(limit=self._most)
        return message
