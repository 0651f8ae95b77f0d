"""Memory that judging with one model takes, measured in a process of its own: beside others it could not be told."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from training.generator.light import U8

STATUS = Path("/proc/self/status")
MIB = 1024


def footprint(make: Callable[..., Any], *arguments: object, side: int = 1600) -> float:
    """MiB by which the peak of a fresh process grows while `make(*arguments)` loads a model and it answers two photos
    of `side` (the second one finds all buffers made). nan where the kernel does not tell (other systems than Linux).

    `make` and its arguments are pickled. Whatever it raises is raised here.
    """
    if not STATUS.exists():
        return float("nan")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_grown, make, arguments, side).result()


def _grown(make: Callable[..., Callable[[U8], object]], arguments: tuple[object, ...], side: int) -> float:
    before = peak()
    model = make(*arguments)
    photo = np.full((side, side, 3), 200, np.uint8)
    photo[side // 4 : -side // 4, side // 4 : -side // 4] = 60
    for _ in range(2):
        model(photo)
    return (peak() - before) / MIB


def peak() -> int:
    """KiB of memory this process held at most so far. Linux only."""
    words = STATUS.read_text(encoding="ascii").split()
    return int(words[words.index("VmHWM:") + 1])
