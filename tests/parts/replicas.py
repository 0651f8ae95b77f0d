"""Replicas of a part, as a Deployment with a headless Service has them: each its own process and address, one port.

A new one is named when it answers; one that is to go is unnamed and gets SIGTERM in the same moment, as in Kubernetes.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.parts.fleet import PATIENCE, Process
from tests.parts.nameserver import Names

SECONDS = "0.05"
"""Of a call."""


@dataclass
class Replicas:
    """Each `python` with the arguments, its address and the seconds of a call. `stopped`: exit codes, with the seconds
    each took to go."""

    name: str
    names: Names
    port: int
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    running: list[tuple[str, Process]] = field(default_factory=list)
    stopped: list[tuple[int, float]] = field(default_factory=list)
    # 127.0.0.1 is the name server's.
    _numbers: Iterator[int] = field(default_factory=lambda: count(2))

    @property
    def target(self) -> str:
        """As gateways are to be told it."""
        return f"dns://127.0.0.1:{self.names.port}/{self._host}:{self.port}"

    @property
    def _host(self) -> str:
        return f"{self.name}.test"

    def add(self) -> None:
        address = f"127.0.0.{next(self._numbers)}"
        arguments = (*self.arguments, f"{address}:{self.port}", SECONDS)
        process = Process(arguments, self.environment, self.folder / f"{self.name}-{address}.log")
        process.start()
        self.running.append((address, process))
        self._wait(address, process)
        self._tell()

    def remove(self) -> None:
        """The oldest."""
        _, process = self.running.pop(0)
        self._tell()
        started = time.monotonic()
        self.stopped.append((process.stop(), time.monotonic() - started))

    def replace(self) -> None:
        """A rolling update: one more before one less."""
        for _ in list(self.running):
            self.add()
            self.remove()

    def kill(self) -> None:
        for _, process in self.running:
            process.kill()

    def _tell(self) -> None:
        self.names.addresses[self._host] = [host for host, _ in self.running]

    def _wait(self, host: str, process: Process) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with socket.create_connection((host, self.port), timeout=1):
                    return
            except OSError:
                assert time.monotonic() < until, process.said()[-2000:]
                time.sleep(0.05)
