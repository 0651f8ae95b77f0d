"""Objects as files on this machine, for as long as they are sent."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.kit.store import ObjectStore

PIECE = 1 << 18


async def fetch(store: ObjectStore, key: str, start: int = 0, end: int | None = None) -> Path:
    """The object, or its bytes [start, end), as a file; `drop` it afterwards. Raises ObjectNotFound and what else the
    store raises."""
    path = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="selvage-file-")) / "file"
    try:
        await asyncio.to_thread(store.get_file, key, path, start, end)
    except BaseException:
        await drop(path)
        raise
    return path


async def drop(path: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, path.parent, ignore_errors=True)


@asynccontextmanager
async def fetched(store: ObjectStore, key: str, start: int = 0) -> AsyncIterator[Path]:
    path = await fetch(store, key, start)
    try:
        yield path
    finally:
        await drop(path)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a file, at most PIECE at a time."""
    # Opened here, not in a thread: when the reader hangs up meanwhile, nobody would close what the thread opens.
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
