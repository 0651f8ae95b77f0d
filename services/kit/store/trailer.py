"""What the folder store writes behind an object's bytes: a line of fixed length with digest, size and media type.

Fixed, so that a listing reads as much a file and no more; last, because image readers ignore what follows a picture.
"""

from __future__ import annotations

import json
import os
from typing import BinaryIO

from services.kit.errors import StoreUnavailable
from services.kit.store.port import StoredObject

MAGIC = b"\nselvage-object-1 "
LENGTH = 256


def make(described: StoredObject) -> bytes:
    """The trailer. Raises `ValueError` for a media type that is not ASCII or too long for it."""
    text = json.dumps({"sha256": described.sha256, "size": described.size, "media_type": described.media_type})
    made = (MAGIC + text.encode("ascii")).ljust(LENGTH - 1) + b"\n"
    if len(made) != LENGTH:
        raise ValueError(f"media type too long: {described.media_type!r}")
    return made


def read(key: str, file: BinaryIO) -> StoredObject:
    """What the trailer of an open file says. Raises `StoreUnavailable` for a file that has none."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - LENGTH))
    found = file.read(LENGTH)
    if not found.startswith(MAGIC):
        raise StoreUnavailable(cause=f"{key} was not written by this store")
    return StoredObject(key=key, **json.loads(found[len(MAGIC) :]))
