"""Result files out of the store: whole, one range of them, or 304."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.errors import FileNotInImage, RangeNotSatisfiable
from selvage_api.images.v1 import images_pb2
from services.kit.store import ObjectStore

from .bodies import not_modified

ORIGINAL = "original"
PIECE = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def find(image: images_pb2.Image, name: str) -> tuple[images_pb2.ObjectRef, str]:
    """(object, file name). Raises FileNotInImage."""
    if name == ORIGINAL:
        return image.original, Path(image.source_name).name or ORIGINAL
    for file in image.files:
        if file.name == name:
            return file.object, file.file_name
    names = ", ".join([ORIGINAL, *(file.name for file in image.files)])
    raise FileNotInImage(image_id=image.image_id, name=name, names=names)


async def send(request: Request, store: ObjectStore, found: images_pb2.ObjectRef, file_name: str) -> Response:
    """Results never change under their key: a client may keep them for ever."""
    tag = f'"{found.sha256}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable", "Accept-Ranges": "bytes"}
    if unchanged := not_modified(request, tag):
        unchanged.headers.update(headers)
        return unchanged
    folder = tempfile.mkdtemp(prefix="selvage-file-")
    path = Path(folder) / "file"
    clean = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        await asyncio.to_thread(store.get_file, found.key, path)
        size = path.stat().st_size
        start, end = _range(request, size, tag)
    except BaseException:
        await clean()
        raise
    headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(file_name, safe='')}"
    headers["Content-Length"] = str(end - start)
    partial = (start, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    pieces = _pieces(path, start, end)
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


async def _pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        file.seek(start)
        left = end - start
        while left:
            piece = await asyncio.to_thread(file.read, min(PIECE, left))
            left -= len(piece)
            yield piece
