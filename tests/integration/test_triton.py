"""Our Triton segmenter against a real tritonserver (the one in the nvidia-pytriton wheel, Python backend, CPU)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.segment import models
from services.segment.errors import TritonRefused, TritonUnavailable
from services.segment.onnx import OnnxRunner
from services.segment.triton import TritonRunner
from tests.parts.require import binary

pytestmark = pytest.mark.triton

REPOSITORY = Path(models.__file__).resolve().parents[1] / "model_repository"
START_SECONDS = 120


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = binary(
        "triton",
        "SELVAGE_TRITONSERVER",
        "triton-0.7.0/bin/selvage-tritonserver",
        "run scripts/real_parts/triton.sh",
    )
    (port,) = free_ports(1)
    log = tmp_path_factory.mktemp("triton") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                str(server),
                f"--model-repository={REPOSITORY}",
                "--grpc-address=127.0.0.1",
                f"--grpc-port={port}",
                "--allow-http=false",
                "--allow-metrics=false",
                "--disable-auto-complete-config",
                "--model-control-mode=none",
                "--strict-readiness=true",
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        _until_ready(process, f"127.0.0.1:{port}", log)
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    runner = TritonRunner(url, "selvage_segment", attempts=1)
    try:
        while time.monotonic() < end:
            assert process.poll() is None, log.read_text()[-4000:]
            try:
                return runner.check()
            except TritonUnavailable:
                time.sleep(0.5)
        pytest.fail(log.read_text()[-4000:])
    finally:
        runner.close()


@pytest.fixture
def runner(url: str) -> Iterator[TritonRunner]:
    made = TritonRunner(url, "selvage_segment")
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
