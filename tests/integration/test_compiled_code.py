"""Compiled code made beforehand and shipped read-only: a fresh process compiles nothing, to start or to answer."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.parts import command

ROOT = Path(__file__).resolve().parents[2]
# As the images have it, but for where the compiled code lies in them.
LOCATOR = """
from pathlib import Path
import numba_cache
numba_cache.BUILT_IN = Path({built_in!r})
from numba_cache import SeededCacheLocator
"""


@dataclass(frozen=True)
class Shipped:
    folder: Path

    @property
    def built_in(self) -> Path:
        return self.folder / "image"

    def state(self) -> dict[str, str]:
        files = sorted(path for path in self.built_in.rglob("*") if path.is_file())
        return {
            path.relative_to(self.built_in).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }

    def run(self, *arguments: str, cache: str) -> subprocess.CompletedProcess[str]:
        """Python with the images' locator, and the cache folder it may write to."""
        modules = os.pathsep.join(map(str, (ROOT, self.folder, ROOT / "deploy" / "docker")))
        added = {
            "PYTHONPATH": modules,
            "NUMBA_CACHE_DIR": cache,
            "NUMBA_CACHE_LOCATOR_CLASSES": "shipped_locator.SeededCacheLocator",
        }
        return _run(*arguments, **added)


def _run(*arguments: str, **added: str) -> subprocess.CompletedProcess[str]:
    with command.folder() as home:
        environment = command.environment(home) | added
        return subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=home, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def shipped() -> Iterator[Shipped]:
    """What the image's build does: `python -m services.matting.warm` into a folder, which then nobody may write to."""
    folder = Path(tempfile.mkdtemp(prefix="selvage-test-"))
    made = Shipped(folder)
    (folder / "shipped_locator.py").write_text(LOCATOR.format(built_in=str(made.built_in)))
    built = _run("-m", "services.matting.warm", PYTHONPATH=str(ROOT), NUMBA_CACHE_DIR=str(made.built_in))
    assert built.returncode == 0, built.stderr
    for path in (made.built_in, *made.built_in.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield made
    for path in (made.built_in, *(each for each in made.built_in.rglob("*") if each.is_dir())):
        path.chmod(0o755)
    shutil.rmtree(folder)


def answered(process: subprocess.CompletedProcess[str]) -> dict[str, dict[str, int]]:
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return found


def test_a_fresh_process_compiles_nothing(shipped: Shipped, tmp_path: Path) -> None:
    before = shipped.state()
    assert len(before) > 40
    found = answered(shipped.run("-m", "tests.parts.compiled", str(tmp_path), cache=str(tmp_path / "numba")))
    assert len(found["start"]) > 20
    for when, misses in found.items():
        assert not {name: count for name, count in misses.items() if count}, when
    assert shipped.state() == before


def test_a_folder_that_cannot_be_written_says_what_to_do(shipped: Shipped, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file is no folder, not even for root")
    refused = shipped.run("-m", "services.matting.warm", cache=str(tmp_path / "file" / "numba"))
    assert refused.returncode != 0
    told = " ".join(refused.stderr.split())
    assert f"CompiledCodeHasNoPlace: numba cannot write its compiled code to {tmp_path}/file/numba." in told
    assert "Set NUMBA_CACHE_DIR to a folder that this user may write to" in told
