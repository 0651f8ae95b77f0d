"""Result files into a folder: whole, checked, and taken up where a lost connection left them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TypeVar

from selvage.client.asking import at, backoff, begin, piece
from selvage.client.effects import Call, Flow, in_turn, sleep, together, work
from selvage.client.layout import Layout, same_content
from selvage.client.models import Image, ImageFile
from selvage.client.records import Fetched
from selvage.client.session import Session
from selvage.errors import DownloadDamaged, FileChanged, OutNotWritable, ServerUnreachable
from services.kit.errors import UnwritableFile

from .jobs import images_page

T = TypeVar("T")

DOWNLOADS = 4
ORIGINAL = "original"


def download(session: Session, image: Image, name: str, to: str | os.PathLike[str]) -> Flow[Path]:
    """Writes one result file (`ImageFile.name`, or "original"); `to` appears whole or not at all.

    What arrived before a connection was lost is kept beside `to` and not asked for again, also by a later call.
    Raises DownloadDamaged when the SHA-256 differs, FileChanged when the server has another file by now.
    """
    target = Path(to)
    wanted = image.original_sha256 if name == ORIGINAL else _digest(image, name)
    part = target.with_name(f".{target.name}.{wanted[:16]}.part")
    yield from work(lambda: _prepare(target))
    lost = before = 0
    while True:
        have = yield from work(lambda: part.stat().st_size if wanted and part.exists() else 0)
        lost, before = (0 if have > before else lost), have
        try:
            yield from _receive(session, image, name, part, have, wanted)
            break
        except ServerUnreachable:
            if lost >= session.retries:
                raise
        yield from sleep(backoff(lost))
        lost += 1
    if wanted and not (yield from work(lambda: same_content(part, wanted))):
        part.unlink()
        raise DownloadDamaged(name=name, image_id=image.image_id)
    with _writing(target):
        part.replace(target)
    return target


def fetched(
    session: Session, image: Image, file: ImageFile, path: Path, tell: Callable[[Fetched], None]
) -> Flow[Fetched]:
    """The file at `path`, downloaded only if it is not there with the right SHA-256."""
    there = yield from work(lambda: same_content(path, file.sha256))
    if not there:
        yield from download(session, image, file.name, path)
    found = Fetched(image, file, path, fresh=not there)
    tell(found)
    return found


def download_all(
    session: Session,
    job_id: str,
    folder: str | os.PathLike[str],
    *,
    only: Iterable[str] = (),
    states: Iterable[str] = (),
    on_file: Callable[[Fetched], None] | None = None,
) -> Flow[list[Fetched]]:
    """The result files of a job, one folder a SKU and its masks in a folder there. A file that lies there with the
    right SHA-256 is left alone.

    only: names of files, with `*` if wanted ("cutout", "psd", "export:*"); empty for all. states: of the images.
    """
    out, patterns = Path(folder), list(only)
    layout, tell = Layout(), in_turn(on_file)

    def of(images: Sequence[Image]) -> list[Flow[Fetched]]:
        return [
            fetched(session, image, file, out / layout.place(image, file), tell)
            for image in images
            for file in image.files
            if not patterns or any(fnmatchcase(file.name, pattern) for pattern in patterns)
        ]

    return page_by_page(session, job_id, states, of)


def page_by_page(
    session: Session, job_id: str, states: Iterable[str], of: Callable[[Sequence[Image]], Sequence[Flow[T]]]
) -> Flow[list[T]]:
    """What the flows `of` each page of a job's images give, all of them or those in the named states."""
    wanted, token = list(states), ""
    done: list[T] = []
    while True:
        images, token = yield from images_page(session, job_id, wanted, token)
        done += yield from together(of(images), DOWNLOADS)
        if not token:
            return done


def _receive(session: Session, image: Image, name: str, part: Path, have: int, wanted: str) -> Flow[None]:
    """Appends to `part` what is missing after `have` bytes."""
    headers = {"Range": f"bytes={have}-", "If-Range": f'"{wanted}"'} if have else {}
    path = at("images", image.image_id, "files", name)
    sizes = {file.name: file.size_bytes for file in image.files} | {ORIGINAL: image.original_bytes}
    if have and have >= sizes.get(name, 0):
        return  # all of it arrived before; there is nothing left to ask for
    answer = yield from begin(session, Call("GET", path, headers=headers))
    told = answer.headers.get("etag", "").strip('"')
    if wanted and told and told != wanted:
        part.unlink(missing_ok=True)
        raise FileChanged(name=name, image_id=image.image_id)
    mode = "ab" if answer.status == 206 else "wb"
    with _writing(part), part.open(mode) as file:
        while data := (yield from piece(session)):
            yield from work(partial(file.write, data))


def _digest(image: Image, name: str) -> str:
    """Empty for a file the image is not known to have: the server says so."""
    return next((file.sha256 for file in image.files if file.name == name), "")


def _prepare(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutNotWritable(path=target.parent, cause=error.strerror or error) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnwritableFile(path=path, cause=error.strerror or error) from error
