"""Which files of a folder are photos, and what each is called."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway import naming
from selvage.errors import FolderNotFound, FolderUnreadable, NoPhotos
from services.kit.errors import UnreadableFile

from .csvfile import Row

# What cameras, editors and systems put beside photos. Everything else that is not hidden is taken for a photo, so
# that a broken or foreign file is named in the table instead of being passed over.
_SIDECARS = """.csv .json .txt .md .xml .xmp .aae .thm .html .htm .pdf .log .yaml .yml .ini .db .lnk .url .tmp .part"""
SIDECARS = frozenset(_SIDECARS.split())
_PHOTO_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif"})


@dataclass(frozen=True)
class Source:
    """One photo to process. `name` is its path below the folder, with `/`. Empty fields are left to the gateway."""

    path: Path
    name: str
    sku: str = ""
    image_no: str = ""
    category: str = ""
    tier: str = ""
    shoot: str = ""
    template: str = ""

    @property
    def shown(self) -> tuple[str, str]:
        """SKU and image number as far as they are known without the gateway."""
        sku, image_no = naming.parse(self.name)
        return self.sku or sku, self.image_no or image_no


@dataclass(frozen=True)
class Inputs:
    """`notes` are sentences about what was not taken."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = field(default=())


def find(folder: Path, *, recursive: bool, without: Sequence[Path] = (), rows: dict[str, Row] | None = None) -> Inputs:
    """The photos of a folder in natural order; `without` are folders never looked into.

    Raises FolderNotFound, FolderUnreadable and NoPhotos.
    """
    if not folder.is_dir():
        raise FolderNotFound(path=folder)
    left_out = {path.resolve() for path in without}
    photos: list[Path] = []
    skipped: list[str] = []
    folders = 0
    for path in _walk(folder, left_out, recursive=recursive):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and path.suffix.lower() not in _PHOTO_ENDINGS:
            folders += path.resolve() not in left_out
        elif path.suffix.lower() in SIDECARS:
            skipped.append(_told(name))
        else:
            photos.append(path)
    if not photos:
        raise NoPhotos(path=folder)
    notes = []
    if skipped:
        named = ", ".join(skipped[:5]) + (f" and {len(skipped) - 5} more" if len(skipped) > 5 else "")
        notes.append(f"Not taken, since they are no photos: {named}.")
    if folders and not recursive:
        notes.append(f"{folders} folder(s) inside were not looked into; --recursive does that.")
    names = sorted((path.relative_to(folder).as_posix() for path in photos), key=_natural)
    return Inputs(tuple(_source(folder, name, rows or {}) for name in names), tuple(notes))


def check_readable(path: Path) -> None:
    """Raises UnreadableFile with the system's reason: a folder, a dangling link, a pipe, missing permission."""
    if path.is_dir():
        raise UnreadableFile(cause="it is a folder")
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for whoever writes into it
            raise UnreadableFile(cause="it is no regular file")
        with path.open("rb"):
            return
    except OSError as error:
        raise UnreadableFile(cause=error.strerror or str(error)) from error


def _walk(folder: Path, left_out: set[Path], *, recursive: bool) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise FolderUnreadable(path=folder, cause=error.strerror or error) from error
    for path in found:
        is_folder = path.is_dir() and path.suffix.lower() not in _PHOTO_ENDINGS
        if is_folder and recursive:
            if path.resolve() not in left_out and not path.is_symlink():
                yield from _walk(path, left_out, recursive=True)
        else:
            yield path


def _source(folder: Path, name: str, rows: dict[str, Row]) -> Source:
    told = _told(name)
    row = rows.get(told)
    if row is None:
        return Source(folder / name, told)
    return Source(folder / name, told, row.sku, row.image_no, row.category, row.tier, row.shoot, row.template)


def _told(name: str) -> str:
    """The name as it can be written: one that is no UTF-8 (of an old disk or archive) is read as Latin-1."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """`a2` before `a10`."""
    parts = re.split(r"(\d+)", name)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part.lower()) for part in parts]
