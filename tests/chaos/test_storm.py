"""200 images while every part is killed in turn; `python -m tests.chaos.storm` runs it for longer."""

from __future__ import annotations

import sys

import pytest

from tests.chaos import storm
from tests.parts import command


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_every_image_ends_exactly_once_whoever_is_killed() -> None:
    with command.folder() as folder:
        blown = storm.run(folder, images=200, kills=18, seed=7)
    # Parts in order of their start; each was killed at least once before the job could end.
    assert set(blown.killed) == {"postgres", "segment", "matting", "compose", "gateway", "worker-1", "worker-2"}
