"""What needs no server: nobody answers, and the twin's configuration."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import numpy as np
import pytest

from services.segment import models
from services.segment.errors import TritonUnavailable
from services.segment.triton import TritonRunner


def test_nobody_there_is_an_error_worth_another_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"127.0.0.1:{taken.getsockname()[1]}"
        runner = TritonRunner(url, "selvage_segment", attempts=2, pause=0.01, seconds=2)
        with pytest.raises(TritonUnavailable) as caught:
            runner.run(np.zeros((1, 64, 64, 3), np.uint8))
        runner.close()
    assert caught.value.retryable
    assert url in caught.value.message


def test_the_twin_serves_the_model_that_ships() -> None:
    repository = Path(models.__file__).resolve().parents[1] / "model_repository"
    config = (repository / "selvage_segment" / "config.pbtxt").read_text(encoding="utf-8")
    (served,) = re.findall(r'string_value: "(.*/models/.*)"', config)
    assert (repository / "selvage_segment" / served).resolve() == models.find(models.DEFAULT)
