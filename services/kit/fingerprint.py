"""What a result depends on besides its inputs: the code, and the files shipped beside it, as one digest."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

SKIPPED = {"__pycache__", ".pyc", ".nbi", ".nbc"}
"""What Python and numba write beside the sources."""


@functools.cache
def fingerprint(*packages: str | Path, extra: str = "") -> str:
    """SHA-256 (hexadecimal) over every file of the named packages or paths, and `extra` (settings, model versions).

    A name such as "services.matting" means the package with all below it; nothing of it is imported but its parents.
    Names of files count relative to their package, so an installed copy has the same digest as a checkout. Raises
    `ModuleNotFoundError` or `FileNotFoundError`. The answer is kept for the life of the process.
    """
    total = hashlib.sha256(extra.encode())
    for package in packages:
        for name, path in _files(package):
            with path.open("rb") as file:
                total.update(f"\n{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return total.hexdigest()


def _files(package: str | Path) -> Iterator[tuple[str, Path]]:
    root = package if isinstance(package, Path) else _locate(package)
    label = root.name if isinstance(package, Path) else package
    if root.is_file():
        yield label, root
        return
    if not root.is_dir():
        raise FileNotFoundError(root)
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix not in SKIPPED and not SKIPPED.intersection(path.parts):
            yield f"{label}/{path.relative_to(root).as_posix()}", path


def _locate(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
