"""A real tritonserver (the one in the nvidia-pytriton wheel, Python backend, CPU) for the tests that need one;
tests/parts/server.py says in which ways. An image of another maker needs ONNX Runtime beside its Python backend."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

import pytest

from services.segment import models
from services.segment.errors import TritonUnavailable
from services.segment.triton import TritonRunner
from tests.parts import server
from tests.parts.require import binary
from tests.parts.server import LocalProcess, Server, free_ports

SEGMENT = Path(models.__file__).resolve().parents[1]
REPOSITORY = "model_repository"
MODEL = "selvage_segment"
OPTIONS = (
    "--allow-http=false", "--allow-metrics=true", "--allow-gpu-metrics=false", "--disable-auto-complete-config",
    "--model-control-mode=none", "--strict-readiness=true",
)  # fmt: skip
VARIABLES = {"PYTHONDONTWRITEBYTECODE": "1"}
GRPC, METRICS = 8001, 8002
START_SECONDS = 120


class Triton:
    """The server on free ports of its own; it may be killed and started again on the same ports."""

    def __init__(self, folder: Path) -> None:
        self._grpc, self._http = free_ports(2)
        make = _container if server.in_container("triton") else _process
        self._program = make(folder, self._grpc, self._http)

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self._grpc}"

    @property
    def metrics_address(self) -> str:
        return f"127.0.0.1:{self._http}"

    def start(self) -> None:
        """Starts the server and waits until the model is ready."""
        self._program.start()
        end = time.monotonic() + START_SECONDS
        runner = TritonRunner(self.url, MODEL, attempts=1)
        try:
            while time.monotonic() < end:
                assert self._program.runs(), self._program.said()[-4000:]
                try:
                    runner.check()
                    return
                except TritonUnavailable:
                    time.sleep(0.5)
            pytest.fail(self._program.said()[-4000:])
        finally:
            runner.close()

    def kill(self) -> None:
        """No warning and no farewell, for the server and the process of its Python model."""
        self._program.kill()

    def stop(self) -> None:
        """For good."""
        self._program.stop()
        self._program.remove()

    def metric(self, name: str) -> float:
        """A counter of the model from the server's /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        (value,) = (float(line.split()[-1]) for line in lines
                    if line.startswith(f"{name}{{") and f'model="{MODEL}"' in line)  # fmt: skip
        return value


def _process(folder: Path, grpc: int, metrics: int) -> Server:
    program = binary(
        "triton", "SELVAGE_TRITONSERVER", "triton-0.7.0/bin/selvage-tritonserver", "run scripts/real_parts/triton.sh"
    )
    command: list[str | Path] = [
        program, f"--model-repository={SEGMENT / REPOSITORY}", "--grpc-address=127.0.0.1", f"--grpc-port={grpc}",
        "--metrics-address=127.0.0.1", f"--metrics-port={metrics}", *OPTIONS,
    ]  # fmt: skip
    return LocalProcess(command, VARIABLES, folder / "triton.log")


def _container(_folder: Path, grpc: int, metrics: int) -> Server:
    from testcontainers.core.container import DockerContainer

    from tests.parts.container import Container

    # The repository names its model by a path beside it; the backend hands tensors over in shared memory.
    described = DockerContainer(server.image("triton"), shm_size="256m").with_envs(**VARIABLES)
    where = [f"--model-repository=/segment/{REPOSITORY}", f"--grpc-port={GRPC}", f"--metrics-port={METRICS}"]
    described.with_volume_mapping(SEGMENT, "/segment").with_command(["tritonserver", *where, *OPTIONS])
    return Container(described, {GRPC: grpc, METRICS: metrics})
