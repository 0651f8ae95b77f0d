"""Result files out of the store: whole, one range of them, or 304."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.errors import RangeNotSatisfiable
from gateway.files import local
from selvage_api.images.v1 import images_pb2
from services.kit.store import ObjectStore

from .bodies import not_modified

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def send(
    request: Request,
    store: ObjectStore,
    found: images_pb2.ObjectRef,
    file_name: str,
    counted: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]],
) -> Response:
    """What is sent goes through `counted`. Results never change under their key: a client may keep them for ever."""
    tag = f'"{found.sha256}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable", "Accept-Ranges": "bytes"}
    if unchanged := not_modified(request, tag):
        unchanged.headers.update(headers)
        return unchanged
    size = found.size_bytes
    start, end = _range(request, size, tag)
    partial = (start, end) != (0, size)
    path = await (local.fetch(store, found.key, start, end) if partial else local.fetch(store, found.key))
    headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(file_name, safe='')}"
    headers["Content-Length"] = str(end - start)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    pieces, clean = counted(local.pieces(path)), BackgroundTask(local.drop, path)
    return StreamingResponse(pieces, 206 if partial else 200, headers, found.media_type, background=clean)


def _range(request: Request, size: int, tag: str) -> tuple[int, int]:
    """[start, end) to send. Forms we do not serve, and outdated ones (If-Range), mean the whole (RFC 9110, 14.2)."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if not match or request.headers.get("if-range", tag) != tag or not (match[1] or match[2]):
        return 0, size
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        raise RangeNotSatisfiable(range=match[0], size=size)
    return start, end
