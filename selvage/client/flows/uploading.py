"""Photos on their way to the server: straight into its object store where it offers that, through it otherwise."""

from __future__ import annotations

import io
import mimetypes
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from gateway.errors import RouteNotFound
from gateway.files.errors import AddressesUnavailable
from selvage.client.asking import ask, at, post, understood
from selvage.client.effects import Body, Call, Flow, work
from selvage.client.session import Session
from selvage.client.submission import Content, StoredPhoto
from selvage.errors import ServerUnreachable
from services.kit.errors import UnreadableFile

UNKNOWN = "application/octet-stream"


def upload(session: Session, photo: Content, *, shop: str = "", media_type: str = "") -> Flow[StoredPhoto]:
    """Puts a photo into the store; the same bytes twice are stored once. A file is read piece by piece.

    photo: bytes, the path of a file, or an open file. Raises UnreadableFile for a path that cannot be read.
    """
    kind = media_type or media_type_of(photo)
    try:
        with tempfile.TemporaryDirectory(prefix="selvage-client-") as folder:
            body = yield from work(lambda: body_of(photo, Path(folder)))
            stored = (yield from _direct(session, body, shop, kind)) if session.direct else None
            if stored is not None:
                return stored
            call = Call("POST", "/v1/uploads", {"shop": shop}, headers={"Content-Type": kind}, body=body)
            return StoredPhoto.of(understood((yield from ask(session, call)))["object"])
    except OSError as error:  # the file went away, or the disk, while it was sent
        raise UnreadableFile(cause=error.strerror or error) from error


def _direct(session: Session, body: Body, shop: str, kind: str) -> Flow[StoredPhoto | None]:
    """None when the server's store has no addresses to upload to, or they cannot be reached from here."""
    try:
        offer = yield from post(session, "/v1/uploads:url", {"shop": shop, "media_type": kind})
    except (AddressesUnavailable, RouteNotFound):  # a server of an earlier version has no such route
        session.direct = False
        return None
    put = Call("PUT", str(offer["url"]), headers={"Content-Type": kind}, body=body, again="never")
    try:
        yield from ask(session, put)
    except ServerUnreachable:
        session.direct = False
        return None
    finished = yield from post(session, at("uploads", f"{offer['upload_id']}:finish"))
    return StoredPhoto.of(finished["object"])


def media_type_of(photo: Content) -> str:
    """By the ending of its name; the server looks into the photo itself."""
    told = photo if isinstance(photo, str | os.PathLike) else getattr(photo, "name", "")
    guessed = mimetypes.guess_type(str(told))[0] if isinstance(told, str | os.PathLike) else None
    return guessed or UNKNOWN


def body_of(photo: Content, folder: Path) -> Body:
    """What to send of a photo; a stream is copied into the folder. Raises UnreadableFile."""
    if isinstance(photo, bytes):
        return Body(lambda: io.BytesIO(photo), len(photo))
    path = Path(photo) if isinstance(photo, str | os.PathLike) else _copied(photo, folder / "photo")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:  # one of many paths: say which
        raise UnreadableFile(cause=f"{path}: {error.strerror or error}") from error
    return Body(lambda: path.open("rb"), size)


def _copied(stream: BinaryIO, path: Path) -> Path:
    """What has been read from a stream cannot be sent a second time: a copy can."""
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file)
    return path
