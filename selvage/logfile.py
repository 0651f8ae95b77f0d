"""Where a command that owns the terminal writes its log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.kit import logs

LARGEST_BYTES = 20_000_000


@contextmanager
def logging_to(home: Path, name: str) -> Iterator[Path]:
    """Sends the log to home/log/<name>.log as JSON lines; a file grown too large begins anew."""
    path = home / "log" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists() or path.stat().st_size > LARGEST_BYTES
    with path.open("w" if fresh else "a", encoding="utf-8") as stream:
        logs.configure(json=True, stream=stream)
        try:
            yield path
        finally:
            logs.configure("WARNING")
