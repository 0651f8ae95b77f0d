"""A `Server` as a container, by testcontainers."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import docker  # type: ignore[import-untyped]
import docker.errors  # type: ignore[import-untyped]
import requests.exceptions
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.parts.server import STOP_SECONDS

# Its janitor is an image of its own, which is not there without a registry. Ours are removed by `remove`, at the
# latest when the tests end.
testcontainers_config.ryuk_disabled = True
# The tests reach them where they publish, also when they run in a container themselves.
testcontainers_config.connection_mode_override = ConnectionMode.docker_host
testcontainers_config.tc_host_override = "127.0.0.1"


@dataclass
class Container:
    """`described` has its image, environment and command, and has not been started. `ports` of the container become
    ports of 127.0.0.1."""

    described: DockerContainer
    ports: Mapping[int, int]
    _made: bool = False

    def __post_init__(self) -> None:
        # testcontainers itself publishes on every address of the machine.
        self.described.ports = {
            f"{inside}/tcp": ("127.0.0.1", outside)  # type: ignore[misc]
            for inside, outside in self.ports.items()
        }

    def start(self) -> None:
        if self._made:
            self.described.get_wrapped_container().start()
            return
        self._made = True
        atexit.register(self.remove)
        self.described.start()

    def stop(self) -> None:
        if self._made:
            self.described.get_wrapped_container().stop(timeout=STOP_SECONDS)

    def kill(self) -> None:
        if self._made:
            with contextlib.suppress(docker.errors.APIError):  # it does not run
                self.described.get_wrapped_container().kill()
            self.described.get_wrapped_container().wait()

    def runs(self) -> bool:
        if self._made:
            self.described.reload()
        return self._made and self.described.status == "running"

    def said(self) -> str:
        return b"".join(self.described.get_logs()).decode(errors="replace") if self._made else ""

    def remove(self) -> None:
        atexit.unregister(self.remove)
        if self._made:
            self._made = False
            self.described.stop()


def engine_has(image: str) -> bool:
    """Whether a Docker engine answers and has this image."""
    try:
        client = docker.from_env()
    except docker.errors.DockerException:
        return False
    try:
        client.images.get(image)
    except (docker.errors.DockerException, requests.exceptions.RequestException):
        return False
    finally:
        client.close()
    return True
