"""Real programs that serve, in one shape whichever way they come: a container of a Docker engine, or a process here.

SELVAGE_PARTS chooses: `containers`; `processes`; or `auto`, the default: a container where a Docker engine answers and
has the part's image, else a process. SELVAGE_IMAGE_MINIO, SELVAGE_IMAGE_POSTGRES and SELVAGE_IMAGE_TRITON name images;
without them it is what scripts/real_parts/docker_parts.sh builds without a registry. `containers` pulls a named image
that is absent. Tests do not ask which way was taken: an engine must therefore be on this machine, and all listen on
127.0.0.1. Prometheus is a process in any case, since it scrapes what the tests serve there.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

STOP_SECONDS = 20
LOCAL = "selvage-local/{part}:latest"


class Server(Protocol):
    """Started and stopped as often as a test likes, with the same address and what it has stored."""

    def start(self) -> None:
        """Begins; it need not answer yet."""
        ...

    def stop(self) -> None:
        """Asks it to end and waits. Stopped already is stopped."""
        ...

    def kill(self) -> None:
        """Ends it without warning; what it had not written is lost."""
        ...

    def runs(self) -> bool: ...

    def said(self) -> str:
        """What it has logged."""
        ...

    def remove(self) -> None:
        """Kills it and leaves nothing behind but files in the test's folder."""
        ...


@dataclass
class LocalProcess:
    """A `Server` as a process of this machine, logging to a file. Processes it starts are killed with it."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._running = subprocess.Popen(
                list(self.command), env=os.environ | dict(self.environment), stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        if self._running is not None:
            self._running.terminate()
            try:
                self._running.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._running = None

    def kill(self) -> None:
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()
            self._running = None

    def runs(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def remove(self) -> None:
        self.kill()


def image(part: str) -> str:
    """The image asked for."""
    return os.environ.get(f"SELVAGE_IMAGE_{part.upper()}") or LOCAL.format(part=part)


@functools.cache
def in_container(part: str) -> bool:
    """Whether this part comes as a container."""
    way = os.environ.get("SELVAGE_PARTS") or "auto"
    if way not in ("auto", "containers", "processes"):
        raise ValueError(f"SELVAGE_PARTS is {way!r}; use auto, containers or processes")
    if way != "auto":
        return way == "containers"
    # Without a socket no engine can answer; the client of it takes a second to load.
    if not os.environ.get("DOCKER_HOST") and not Path("/var/run/docker.sock").exists():
        return False
    from tests.parts.container import engine_has

    return engine_has(image(part))


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
