"""Where numba finds its compiled code in our images, named by NUMBA_CACHE_LOCATOR_CLASSES.

numba takes no folder as its cache that it cannot write to, and the images' root is read-only. So the folder is a fresh
one in /tmp, and the code compiled into the image is copied there when the first function of a module is looked up.
What is compiled later (another processor, a new signature) then has a place too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from numba.core.caching import UserProvidedCacheLocator

BUILT_IN = Path("/opt/selvage/numba")


class SeededCacheLocator(UserProvidedCacheLocator):  # type: ignore[misc]
    """NUMBA_CACHE_DIR, with the image's compiled code in it."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        locator = super().from_function(py_func, py_file)
        if locator is not None:
            seed(BUILT_IN, Path(locator.get_cache_path()))
        return locator


def seed(built_in: Path, folder: Path) -> None:
    """Copies what the image holds for this folder, once; several processes may do so at the same time."""
    source, done = built_in / folder.name, folder / ".seeded"
    if done.exists() or not source.is_dir():
        return
    for file in source.iterdir():
        target = folder / file.name
        if target.exists():
            continue
        number, name = tempfile.mkstemp(dir=folder)
        os.close(number)
        shutil.copyfile(file, name)
        Path(name).replace(target)
    done.touch()
