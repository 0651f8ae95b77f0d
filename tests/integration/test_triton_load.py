"""Many requests at once: the server batches them, and a server that dies under load costs time, never a result."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit import usage
from services.segment import models
from services.segment.errors import TritonUnavailable
from services.segment.onnx import OnnxRunner
from services.segment.triton import TritonRunner
from tests.parts.triton import MODEL, Triton

pytestmark = pytest.mark.triton

U8 = NDArray[np.uint8]
THREADS, PICTURES, SIDE = 6, 48, 160
PATIENCE = 120.0
"""Seconds for which a client takes a dead server for one that comes back, as the gateway's tasks do."""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    made = Triton(tmp_path_factory.mktemp("triton"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def known() -> list[tuple[U8, U8]]:
    """Pictures that all differ, and what the model says of each in process."""
    runner = OnnxRunner(models.read(models.find(models.DEFAULT)))
    rng = np.random.default_rng(5)
    pairs = []
    for number in range(PICTURES):
        pixels = rng.integers(180, 256, (1, SIDE, SIDE, 3), dtype=np.uint8)
        x, y = rng.integers(10, SIDE // 2, 2)
        pixels[:, y : y + 50 + number % 20, x : x + 60] = rng.integers(0, 160, 3)
        pairs.append((pixels, runner.run(pixels)))
    return pairs


def wrong(one: U8, other: U8) -> bool:
    return one.shape != other.shape or bool(np.abs(one.astype(int) - other).max() > 1)


def test_requests_that_come_together_are_batched(server: Triton, known: list[tuple[U8, U8]]) -> None:
    runner = TritonRunner(server.url, MODEL)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda pair: runner.run(pair[0]), known))
    runner.close()
    assert not [number for number, answer in enumerate(answers) if wrong(answer, known[number][1])]
    pictures, runs = server.metric("nv_inference_count"), server.metric("nv_inference_exec_count")
    assert pictures == PICTURES
    assert runs < pictures


def test_a_server_that_dies_under_load_loses_and_spoils_nothing(server: Triton, known: list[tuple[U8, U8]]) -> None:
    runner = TritonRunner(server.url, MODEL, attempts=2, pause=0.1)
    done, away = threading.Semaphore(0), threading.Event()

    def ask(pair: tuple[U8, U8]) -> U8:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = runner.run(pair[0])
                done.release()
                return answer
            except TritonUnavailable:
                away.set()
                assert time.monotonic() < end, "the server did not come back"
                time.sleep(0.2)

    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask, pair) for pair in known]
        for _ in range(PICTURES // 6):
            done.acquire()
        server.kill()
        assert away.wait(PATIENCE)  # the load was there when it died
        server.start()
        answers = [one.result() for one in asked]
    runner.close()
    assert not [number for number, answer in enumerate(answers) if wrong(answer, known[number][1])]
    assert server.metric("nv_inference_count") >= 1  # by the server that came back


def test_a_batch_is_charged_once_however_many_share_it(server: Triton, known: list[tuple[U8, U8]]) -> None:
    """What the calls are charged is what the server computed; its own figure charges each request its whole batch."""
    runner, meter = TritonRunner(server.url, MODEL), usage.Meter()
    runner.run(known[0][0])  # the first one is slow
    before = runner.totals()
    charged = []

    def ask(pair: tuple[U8, U8]) -> None:
        with meter.serving("image", "Segment") as call:
            runner.run(pair[0])
            charged.append(call.model_cpu_seconds)
            assert call.gpu_seconds == 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, known))
    after = runner.totals()
    runner.close()
    computed = after.seconds - before.seconds
    assert after.inferences - before.inferences == PICTURES
    assert min(charged) > 0
    assert sum(charged) == pytest.approx(computed, rel=0.01)
    by_request = server.metric("nv_inference_compute_infer_duration_us") / 1e6 - before.seconds
    assert by_request > 1.5 * computed
