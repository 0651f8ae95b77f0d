"""Compiles the numeric code, so that no request pays for it: at install or image build, else at the first start.

    python -m services.matting.warm [--alternatives]

numba keeps the result in NUMBA_CACHE_DIR, or beside the sources; with it this takes about a second. `--alternatives`
compiles PyMatting's solvers too, which takes several times as long; else the first who asks for one of them waits.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time

import numpy as np

from services.kit import logs
from services.kit.boxes import Box
from services.kit.pictures.colour import to_srgb8
from services.matting import foreground, window
from services.matting.by_name import FIELD, FINE, SolverOptions
from services.matting.field import survey
from services.matting.pipeline import MatteOptions, matte
from services.matting.window import Layers

log = logs.get(__name__)


@functools.cache
def compile_all() -> None:
    """Mattes one small made-up photo with both solvers, and a window of it; once in the life of a process."""
    start = time.perf_counter()
    rgb = np.full((96, 96, 3), 230, np.uint8)
    rgb[24:72, 24:72] = (120, 40, 30)
    alpha = np.zeros((48, 48), np.float32)
    alpha[12:36, 12:36] = 1
    sure = np.full_like(alpha, 0.95)
    sure[:, :24] = 0  # local colours are only read where the model tells nothing
    for solver in (FIELD, FINE):
        made = matte(rgb, alpha, sure, options=MatteOptions(solver))
    before = Layers(made.alpha, made.confidence, made.trimap, made.foreground)
    window.resolve(rgb, before, alpha, sure, (), options=SolverOptions(FINE), box=Box(16, 16, 32, 32))
    thin, half = np.full((96, 96), 128, np.uint8), np.full((96, 96), 0.5, np.float32)
    foreground.recover(rgb, thin, half, survey(rgb, thin, half))  # where nothing shows the product alone
    to_srgb8(alpha)  # for photos that are not sRGB
    log.info("matting is compiled", seconds=round(time.perf_counter() - start, 1))


if __name__ == "__main__":
    logs.configure()
    compile_all()
    if "--alternatives" in sys.argv[1:]:
        importlib.import_module("pymatting")
