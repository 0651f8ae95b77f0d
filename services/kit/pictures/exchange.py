"""Memory two processes of this machine see, reached through a path: bytes in, pixels out, nothing through a pipe.

On Linux anonymous memory (memfd), found by the other side under /proc; not a file in /dev/shm, which containers keep
at 64 MB. Elsewhere a temporary file.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Exchange:
    """Made by the parent; `path` is what the child opens."""

    def __init__(self) -> None:
        if sys.platform == "linux":
            self.fd = os.memfd_create("selvage", os.MFD_CLOEXEC)
            self.path = f"/proc/{os.getpid()}/fd/{self.fd}"
        else:
            self.fd, self.path = tempfile.mkstemp(prefix="selvage-")

    def write(self, data: bytes) -> None:
        """Fills it."""
        os.truncate(self.fd, len(data))
        with mmap.mmap(self.fd, len(data)) as memory:
            memory[:] = data

    def take(self) -> mmap.mmap:
        """Its memory, which lives as long as what is built on it."""
        return mmap.mmap(self.fd, 0)

    def close(self) -> None:
        os.close(self.fd)
        if not self.path.startswith("/proc/"):
            with contextlib.suppress(PermissionError):  # Windows keeps a file that is still mapped
                Path(self.path).unlink()


@contextmanager
def exchange() -> Iterator[Exchange]:
    """An Exchange, closed afterwards; memory taken from it stays."""
    made = Exchange()
    try:
        yield made
    finally:
        made.close()


def read(path: str) -> bytes:
    """The child's side: all of it."""
    return Path(path).read_bytes()


def fill(path: str, *parts: memoryview) -> None:
    """The child's side: the parts one after another."""
    with Path(path).open("r+b") as file:
        for part in parts:
            file.write(part)
