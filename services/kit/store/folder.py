"""The object store as a folder.

An object is one file under its key: the bytes, then a trailer with digest, size and media type. So one rename makes
data and description visible together, and after a crash there is never one without the other.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from services.kit import metrics, usage
from services.kit.errors import (
    InvalidKey,
    ObjectExists,
    ObjectNotFound,
    StoreDenied,
    StoreFull,
    StoreUnavailable,
    UnreadableFile,
    UnwritableFile,
)
from services.kit.store import keys, trailer
from services.kit.store.port import StoredObject

INCOMING = ".incoming"
"""Half-written files; inside the root, so that the rename stays within one file system."""
STALE_SECONDS = 24 * 3600
PIECE = 1 << 20
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
NOT_A_FILE = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}


class FolderStore:
    """`ObjectStore` in a folder of a local file system that has hard links and atomic renames: not NFS, not exFAT."""

    def __init__(self, root: Path) -> None:
        self.root = _long(root.absolute())
        self._incoming = self.root / INCOMING
        with _errors(str(root)):
            self._incoming.mkdir(parents=True, exist_ok=True)
            self._sweep()

    def put(self, key: str, data: bytes, media_type: str) -> StoredObject:
        made = StoredObject(keys.check(key), hashlib.sha256(data).hexdigest(), len(data), media_type)
        if not self._has(made):
            with _errors(key), self._new() as file:
                file.write(data)
                self._publish(file, made)
        return made

    def put_file(self, key: str, path: Path, media_type: str, *, only_new: bool = False) -> StoredObject:
        keys.check(key)
        try:
            source = path.open("rb")
        except OSError as error:
            raise UnreadableFile(cause=error.strerror) from error
        with source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            made = StoredObject(key, digest, source.tell(), media_type)
            if only_new and self.exists(key):
                raise ObjectExists(key=key)
            if not self._has(made):
                source.seek(0)
                with _errors(key), self._new() as file:
                    shutil.copyfileobj(source, file, PIECE)
                    self._publish(file, made, only_new=only_new)
        return made

    def get(self, key: str) -> bytes:
        path = self._file(key)
        with _reading(key), path.open("rb") as file:
            size = trailer.read(key, file).size
            file.seek(0)
            return file.read(size)

    def get_file(self, key: str, path: Path, start: int = 0, end: int | None = None) -> None:
        stored = self._file(key)
        with _reading(key), stored.open("rb") as file:
            size = keys.length(key, trailer.read(key, file).size, start, end)
            file.seek(start)
            temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
            try:
                with temporary.open("xb") as out:
                    while size:
                        piece = file.read(min(PIECE, size))
                        out.write(piece)
                        size -= len(piece)
                temporary.replace(path)
            except OSError as error:
                raise UnwritableFile(path=path, cause=error.strerror) from error
            finally:
                temporary.unlink(missing_ok=True)

    def stat(self, key: str) -> StoredObject:
        path = self._file(key)
        with _reading(key), path.open("rb") as file:
            return trailer.read(key, file)

    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except ObjectNotFound:
            return False
        return True

    def list(self, prefix: str) -> Iterator[StoredObject]:
        with _reading(prefix):
            for key in self._keys(prefix):
                with contextlib.suppress(ObjectNotFound):  # deleted meanwhile
                    yield self.stat(key)

    def delete(self, key: str) -> None:
        path = self._file(key)
        with _errors(key):
            try:
                _retried(path.unlink)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return
            except PermissionError:
                if path.is_dir():  # what macOS answers for a folder
                    return
                raise
            for folder in path.parents:
                if folder == self.root:
                    break
                try:
                    folder.rmdir()
                except OSError:  # not empty
                    break

    def _file(self, key: str) -> Path:
        return self.root / keys.check(key)

    def _has(self, made: StoredObject) -> bool:
        try:
            return self.stat(made.key) == made
        except ObjectNotFound:
            return False

    @contextlib.contextmanager
    def _new(self) -> Iterator[BinaryIO]:
        path = self._incoming / uuid.uuid4().hex
        try:
            with path.open("xb") as file:
                yield file
        finally:
            path.unlink(missing_ok=True)

    def _publish(self, file: BinaryIO, made: StoredObject, *, only_new: bool = False) -> None:
        """Finishes and closes the temporary file and moves it to its key; if `only_new`, by a hard link, since a rename
        would replace what is there."""
        if file.tell() != made.size:
            raise UnreadableFile(cause="it changed while it was read")
        file.write(trailer.make(made))
        file.flush()
        os.fsync(file.fileno())
        file.close()
        written, target = Path(file.name), self._file(made.key)
        for attempt in range(3):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _retried((lambda: target.hardlink_to(written)) if only_new else (lambda: written.replace(target)))
                break
            except FileExistsError:
                if only_new and target.is_file():
                    raise ObjectExists(key=made.key) from None
                raise
            except FileNotFoundError:  # a `delete` beside us removed the folder as empty
                if attempt == 2:
                    raise
        _sync_folder(target.parent)
        metrics.count_stored(made.media_type, made.size)
        usage.note_bytes(made.size)

    def _keys(self, prefix: str, folder: str = "") -> Iterator[str]:
        """Keys below `folder` ("a/b/" or empty) in byte order, entering only folders that can match."""
        try:
            entries = [
                (f"{folder}{entry.name}/" if entry.is_dir() else f"{folder}{entry.name}")
                for entry in os.scandir(self.root / folder)
                if not entry.name.startswith(".")
            ]
        except FileNotFoundError:
            return
        for name in sorted(entries):
            if name.endswith("/"):
                if name.startswith(prefix) or prefix.startswith(name):
                    yield from self._keys(prefix, name)
            elif name.startswith(prefix):
                yield name

    def _sweep(self) -> None:
        """Removes what writers that died left behind."""
        for path in self._incoming.iterdir():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - STALE_SECONDS:
                    path.unlink()


@contextlib.contextmanager
def _reading(key: str) -> Iterator[None]:
    """A key that names a folder, or lies below an object, names no object."""
    try:
        with _errors(key):
            yield
    except InvalidKey as error:
        raise ObjectNotFound(key=key) from error


@contextlib.contextmanager
def _errors(key: str) -> Iterator[None]:
    """Operating system errors as rows of the error table."""
    try:
        yield
    except OSError as error:
        cause = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
        if error.errno in NOT_A_FILE:  # the key names a folder, or has an object's name as a folder
            raise InvalidKey(key=repr(key)) from error
        if error.errno == errno.ENOENT:
            raise ObjectNotFound(key=key) from error
        if error.errno in FULL:
            raise StoreFull(cause=cause) from error
        if error.errno in DENIED:
            raise StoreDenied(cause=cause) from error
        raise StoreUnavailable(cause=cause) from error


def _retried(action: Callable[[], object]) -> None:
    """Windows refuses to replace or remove a file somebody reads; readers are quick."""
    for _ in range(50 if os.name == "nt" else 0):
        try:
            action()
            return
        except PermissionError:
            time.sleep(0.02)
    action()


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself survive a power cut; Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _long(path: Path) -> Path:
    """Windows allows more than 260 characters only behind this prefix."""
    return Path(f"\\\\?\\{path}") if os.name == "nt" and not str(path).startswith("\\\\") else path
