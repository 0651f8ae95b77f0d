"""The object store port. Synchronous: callers on an event loop use `asyncio.to_thread`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class StoredObject:
    """What the store knows of an object without reading it.

    `sha256` is lower-case hexadecimal; it is empty for an object that came in through a presigned upload, whose
    bytes nobody has hashed yet.
    """

    key: str
    sha256: str
    size: int
    media_type: str


class ObjectStore(Protocol):
    """Bytes under keys. Safe to share between threads; several processes may use the same store.

    A reader sees a whole object or none. Writing the same bytes again changes nothing; other bytes under the same key
    replace it whole, and of concurrent writers one wins. Keys are those `keys.check` allows. Every method may raise
    `InvalidKey`, `StoreUnavailable` (worth a retry), `StoreDenied`, `StoreClock` and, when writing, `StoreFull`.
    """

    def put(self, key: str, data: bytes, media_type: str) -> StoredObject:
        """Stores bytes that are in memory."""
        ...

    def put_file(self, key: str, path: Path, media_type: str, *, only_new: bool = False) -> StoredObject:
        """Stores a file, read in pieces. Raises `UnreadableFile` when the file, not the store, is at fault.

        `only_new`: never over an object that is there, whatever its bytes; of writers at the same time one succeeds,
        the others get `ObjectExists`.
        """
        ...

    def get(self, key: str) -> bytes:
        """The bytes. Raises `ObjectNotFound`."""
        ...

    def get_file(self, key: str, path: Path, start: int = 0, end: int | None = None) -> None:
        """Writes the object, or its bytes [start, end), to `path`, in pieces; the file appears whole.

        An `end` beyond the last byte means the last byte. Raises `ObjectNotFound`, `UnwritableFile`, and
        `RangeOutsideObject` when no byte lies in the range (of an empty object only the whole can be asked for).
        """
        ...

    def stat(self, key: str) -> StoredObject:
        """Digest, size and type. Raises `ObjectNotFound`."""
        ...

    def exists(self, key: str) -> bool:
        """Whether `stat` would find it."""
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Objects whose key starts with `prefix`, any string, in order of their keys."""
        ...

    def delete(self, key: str) -> None:
        """Removes the object; a key that is not there is no error."""
        ...


@runtime_checkable
class Presigning(Protocol):
    """Stores that can hand out addresses by which a browser reads or writes without our passing the bytes."""

    def presign_get(self, key: str, seconds: int, *, file_name: str = "") -> str:
        """An address to download from; with `file_name`, browsers save it under that name."""
        ...

    def presign_put(self, key: str, seconds: int) -> str:
        """An address to upload to by HTTP PUT. Whoever uses it must be checked: `stat` has no digest for it."""
        ...
