"""Our Triton segmenter against a real tritonserver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from services.segment import models
from services.segment.errors import TritonRefused, TritonUnavailable
from services.segment.onnx import OnnxRunner
from services.segment.triton import TritonRunner
from tests.parts.triton import MODEL, Triton

pytestmark = pytest.mark.triton


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Triton(tmp_path_factory.mktemp("triton"))
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def runner(url: str) -> Iterator[TritonRunner]:
    made = TritonRunner(url, MODEL)
    yield made
    made.close()


@pytest.mark.parametrize(("count", "side"), [(1, 96), (3, 128)])
def test_it_answers_as_the_model_in_process(runner: TritonRunner, count: int, side: int) -> None:
    pixels = np.random.default_rng(side).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    pixels[:, 20:70, 20:70] = (180, 40, 40)
    here = OnnxRunner(models.read(models.find(models.DEFAULT))).run(pixels)
    there = runner.run(pixels)
    assert there.shape == here.shape
    assert np.abs(there.astype(int) - here).max() <= 1


def test_an_unknown_model_is_named(url: str) -> None:
    runner = TritonRunner(url, "no_such_model", attempts=1)
    with pytest.raises((TritonRefused, TritonUnavailable)) as caught:
        runner.run(np.zeros((1, 64, 64, 3), np.uint8))
    assert "no_such_model" in caught.value.message
    runner.close()


def test_what_the_model_cannot_take_is_refused_and_not_tried_again(runner: TritonRunner) -> None:
    with pytest.raises(TritonRefused):
        runner.run(np.zeros((1, 64, 64, 4), np.uint8))
