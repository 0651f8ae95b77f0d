"""Real parts of the tests (MinIO, Triton, buf, Chromium, ...): used when present, skipped when not.

SELVAGE_REQUIRED_PARTS, a comma list such as "minio,buf", names those whose absence fails the test instead; the CI
sets it, so that nothing is skipped there unnoticed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

CACHE = Path(os.environ.get("SELVAGE_CACHE") or Path.home() / ".cache" / "selvage")
"""Where scripts/real_parts/ puts what it builds."""


def asked() -> list[str]:
    """The required parts."""
    return os.environ.get("SELVAGE_REQUIRED_PARTS", "").replace(" ", "").split(",")


def absent(part: str, how: str) -> NoReturn:
    """Skips, or fails when the part is required. `how` says what to run to have it."""
    message = f"{part} is not here; {how}"
    if part in asked():
        pytest.fail(f"{message} (SELVAGE_REQUIRED_PARTS asks for it)", pytrace=False)
    pytest.skip(message)


def binary(part: str, variable: str, cached: str, how: str) -> Path:
    """An executable: the file `variable` names, else `cached` in the cache, else `part` on PATH."""
    named = os.environ.get(variable)
    candidates = [Path(named)] if named else [CACHE / cached, Path(shutil.which(part) or "/nonexistent")]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    absent(part, how)
