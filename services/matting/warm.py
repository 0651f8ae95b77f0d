"""Compiles the numeric code, so that no request pays for it: at install or image build, else at the first start.

    python -m services.matting.warm

numba keeps the result in NUMBA_CACHE_DIR, or beside the sources; with it this takes about a second.
"""

from __future__ import annotations

import functools
import time

import numpy as np

from services.kit import logs
from services.matting.by_name import FIELD, FINE
from services.matting.pipeline import MatteOptions, matte

log = logs.get(__name__)


@functools.cache
def compile_all() -> None:
    """Mattes one small made-up photo; once in the life of a process."""
    start = time.perf_counter()
    rgb = np.full((96, 96, 3), 230, np.uint8)
    rgb[24:72, 24:72] = (120, 40, 30)
    alpha = np.zeros((48, 48), np.float32)
    alpha[12:36, 12:36] = 1
    for solver in (FIELD, FINE):
        matte(rgb, alpha, np.full_like(alpha, 0.95), options=MatteOptions(solver))
    log.info("matting is compiled", seconds=round(time.perf_counter() - start, 1))


if __name__ == "__main__":
    logs.configure()
    compile_all()
