"""A platform in small on one machine, every part a process of its own that can be killed and comes back: PostgreSQL,
three services, a gateway that serves, two that work; if wanted MinIO and Triton. Addresses stay the same over restarts,
as behind a Kubernetes service."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import psutil
import psycopg

from gateway import embedded
from gateway.errors import DatabaseNotStarted
from services.kit.store import StoreSettings
from tests.parts import command
from tests.parts import minio as minio_part
from tests.parts.triton import Triton

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("segment", "matting", "compose")
WORKERS = ("worker-1", "worker-2")
PATIENCE = 240.0
"""Seconds for a part to start or stop; on a quiet machine all take under five."""


class Part(Protocol):
    def start(self) -> None: ...

    def kill(self) -> None:
        """kill -9, and gone when it returns."""
        ...


@dataclass
class Process:
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as said:
            self._running = subprocess.Popen(
                [sys.executable, *self.arguments], cwd=ROOT, env=self.environment, stdout=said, stderr=said
            )

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def freeze(self) -> None:
        """Stopped in the middle of whatever it does, until `thaw`; nobody can tell it from a dead one."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Nothing to one that runs."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, as the kubelet's; the exit code."""
        assert self._running is not None
        self._running.terminate()
        return self._running.wait(PATIENCE)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Postgres:
    """The embedded server; `url` is the same after a restart."""

    folder: Path
    url: str = ""
    _server: embedded.EmbeddedPostgres | None = None

    def start(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._server = embedded.start(self.folder)
                break
            except DatabaseNotStarted:  # its children may hold the shared memory for a moment
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        self.url = self._server.url

    def kill(self) -> None:
        assert self._server is not None
        server = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0]))
        family = [server, *server.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, PATIENCE)
        self._server.leave()

    def leave(self) -> None:
        if self._server is not None:
            self._server.leave()


@dataclass
class Fleet:
    """`rest` is the base URL of the API, `grpc` its host:port; `parts` may be killed and started in any order."""

    folder: Path
    rest: str
    grpc: str
    postgres: Postgres
    store: StoreSettings
    parts: dict[str, Part] = field(default_factory=dict)
    # Of the services.
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def store_url(self) -> str:
        return self.store.url

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute(sql.encode()).fetchall()

    def wait_ready(self) -> None:
        until = time.monotonic() + PATIENCE
        with httpx.Client(trust_env=False) as http:  # one: each reads all the world's certificates
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if http.get(f"{self.rest}/readyz").status_code == 200:
                        return
                if time.monotonic() > until:
                    gateway = self.parts["gateway"]
                    assert isinstance(gateway, Process)
                    raise AssertionError(f"the gateway is not ready:\n{gateway.said()[-2000:]}")
                time.sleep(0.1)


@contextmanager
def running(
    folder: Path,
    *,
    call_seconds: float = 0,
    real: bool = False,
    minio: bool = False,
    triton: bool = False,
    services: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None,
    **settings: str,
) -> Iterator[Fleet]:
    """A fleet with all its parts up; with the small services of the tests, or the `real` ones.

    `minio`: objects lie in a bucket, not in a folder. `triton`: the real segment service has its model there.
    `services`: starts them otherwise, with this environment, and says where gateways find them. `settings`: further
    environment of services and gateways, without "SELVAGE_".
    """
    plain = {name: value for name, value in os.environ.items() if name in command.KEPT}
    plain |= {f"SELVAGE_{setting}": value for setting, value in settings.items()}
    store, rest, grpc = StoreSettings(url=(folder / "store").as_uri()), _free(), _free()
    variables = {"SELVAGE_STORE_URL": store.url}
    parts: dict[str, Part] = {}
    with contextlib.ExitStack() as stack:
        if minio:
            objects = stack.enter_context(minio_part.running(folder))
            store, variables, parts["minio"] = objects.settings(), objects.variables(), objects
        postgres = parts["postgres"] = Postgres(folder / "postgres")
        postgres.start()
        stack.callback(postgres.leave)
        if triton:
            models = parts["triton"] = Triton(folder)
            stack.callback(models.stop)
            models.start()
            variables |= {"SELVAGE_SEGMENT_BACKEND": "triton", "SELVAGE_SEGMENT_TRITON_URL": models.url}
        plain |= variables
        fleet = Fleet(folder, f"http://{rest}", grpc, postgres, store, parts, {name: _free() for name in SERVICES})
        found = services(plain) if services else fleet.addresses
        for service, address in {}.items() if services else fleet.addresses.items():
            arguments: tuple[str, ...] = ("-m", "tests.parts.services_process", address, str(call_seconds))
            environment = plain
            if real:
                arguments = ("-m", f"services.{service}")
                environment = plain | {f"SELVAGE_{service.upper()}_ADDRESS": address}
            parts[service] = Process(arguments, environment, folder / f"{service}.log")
        for name in ("gateway", *WORKERS):
            environment = plain | {
                "SELVAGE_GATEWAY_ROLE": "serve" if name == "gateway" else "work",
                "SELVAGE_GATEWAY_DATABASE_URL": postgres.url,
                "SELVAGE_GATEWAY_REST_ADDRESS": rest if name == "gateway" else "127.0.0.1:0",
                "SELVAGE_GATEWAY_GRPC_ADDRESS": grpc if name == "gateway" else "127.0.0.1:0",
                **{f"SELVAGE_GATEWAY_{service.upper()}_ADDRESS": at for service, at in found.items()},
            }
            parts[name] = Process(("-m", "gateway"), environment, folder / f"{name}.log")
        for part in parts.values():
            if isinstance(part, Process):
                stack.callback(part.kill)
                part.start()
        fleet.wait_ready()
        yield fleet


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free() -> str:
    return f"127.0.0.1:{free_port()}"
