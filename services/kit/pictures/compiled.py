"""Whether numba has a place for its compiled code. It asks for one when a function is defined, and does not say how."""

from __future__ import annotations

import os

from numba.core.caching import FunctionCache

from services.kit.pictures.errors import CompiledCodeHasNoPlace


def require_place() -> None:
    """Raises CompiledCodeHasNoPlace when none of the folders that numba tries can be written to."""
    try:
        FunctionCache(require_place)
    except RuntimeError as error:
        asked = os.environ.get("NUMBA_CACHE_DIR", "")
        raise CompiledCodeHasNoPlace(
            folder=asked or "the folder of this package and the user's cache folder"
        ) from error
