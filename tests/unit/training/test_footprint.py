"""Memory of a model, measured in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.footprint import STATUS, footprint, peak
from training.generator.light import U8

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="the kernel does not tell a process's peak")
HELD = 96 << 20


def greedy(size: int) -> Callable[[U8], int]:
    """A "model" that holds `size` bytes while it answers."""

    def answer(rgb: U8) -> int:
        return int(np.full(size, rgb[0, 0, 0], np.uint8)[-1])

    return answer


def broken() -> Callable[[U8], int]:
    raise ValueError("no such model")


def test_what_a_model_takes_is_told_and_not_kept_here() -> None:
    before = peak()
    taken = footprint(greedy, HELD, side=64)
    assert 95 < taken < 200
    assert peak() - before < HELD >> 10


def test_a_model_that_does_not_load_says_so() -> None:
    with pytest.raises(ValueError, match="no such model"):
        footprint(broken, side=64)
