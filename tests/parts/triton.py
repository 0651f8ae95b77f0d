"""A real tritonserver (the one in the nvidia-pytriton wheel, Python backend, CPU) for the tests that need one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from services.segment import models
from services.segment.errors import TritonUnavailable
from services.segment.triton import TritonRunner
from tests.parts.require import binary

REPOSITORY = Path(models.__file__).resolve().parents[1] / "model_repository"
MODEL = "selvage_segment"
START_SECONDS = 120


class Triton:
    """The server on free ports of its own; it may be killed and started again on the same ports."""

    def __init__(self, folder: Path) -> None:
        self._server = binary(
            "triton", "SELVAGE_TRITONSERVER", "triton-0.7.0/bin/selvage-tritonserver",
            "run scripts/real_parts/triton.sh",
        )  # fmt: skip
        self._grpc, self._http = free_ports(2)
        self._log = folder / "triton.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self._grpc}"

    @property
    def metrics_address(self) -> str:
        return f"127.0.0.1:{self._http}"

    def start(self) -> None:
        """Starts the server and waits until the model is ready."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [
                    str(self._server), f"--model-repository={REPOSITORY}", "--grpc-address=127.0.0.1",
                    f"--grpc-port={self._grpc}", "--allow-http=false", "--allow-metrics=true",
                    "--allow-gpu-metrics=false", "--metrics-address=127.0.0.1", f"--metrics-port={self._http}",
                    "--disable-auto-complete-config", "--model-control-mode=none", "--strict-readiness=true",
                ],
                stdout=out, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        runner = TritonRunner(self.url, MODEL, attempts=1)
        try:
            while time.monotonic() < end:
                assert self._process.poll() is None, self._log.read_text()[-4000:]
                try:
                    runner.check()
                    return
                except TritonUnavailable:
                    time.sleep(0.5)
            pytest.fail(self._log.read_text()[-4000:])
        finally:
            runner.close()

    def kill(self) -> None:
        """No warning and no farewell, for the server and the process of its Python model."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def metric(self, name: str) -> float:
        """A counter of the model from the server's /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        (value,) = (float(line.split()[-1]) for line in lines
                    if line.startswith(f"{name}{{") and f'model="{MODEL}"' in line)  # fmt: skip
        return value


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
