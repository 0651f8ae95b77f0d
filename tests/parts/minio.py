"""A real MinIO server on free ports of 127.0.0.1, with a data folder of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import urllib3

from services.kit.store.s3 import S3Store
from services.kit.store.settings import StoreSettings
from tests.parts.require import binary

ACCESS_KEY = "selvage-test"
SECRET_KEY = "selvage-test-secret"  # of a server that lives as long as the test


@dataclass
class Minio:
    """A running server; `stop` and `start` let a test take it away and bring it back on the same port."""

    executable: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def settings(self, bucket: str = "selvage", **overrides: object) -> StoreSettings:
        values: dict[str, object] = {
            "url": f"s3://{bucket}",
            "endpoint": self.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "secure": False,
        }
        return StoreSettings(**(values | overrides))  # type: ignore[arg-type]

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {
            "MINIO_ROOT_USER": ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": SECRET_KEY,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "GOMAXPROCS": "2",
        }
        log = self.folder.with_suffix(".log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [self.executable, "server", self.folder, "--address", self.endpoint, "--quiet"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait(time.monotonic() + 60)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def _wait(self, until: float) -> None:
        assert self.process is not None
        with urllib3.PoolManager(retries=False, timeout=1) as http:
            while time.monotonic() < until and self.process.poll() is None:
                with contextlib.suppress(urllib3.exceptions.HTTPError):
                    if http.request("GET", f"http://{self.endpoint}/minio/health/ready").status == 200:
                        return
                time.sleep(0.1)
        self.stop()
        raise RuntimeError("MinIO did not start:\n" + self.folder.with_suffix(".log").read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(folder: Path, bucket: str = "selvage") -> Iterator[Minio]:
    """Starts a server with an empty bucket; skips, or fails, when the binary is not here."""
    executable = binary("minio", "SELVAGE_MINIO_BIN", "bin/minio-20260212201848", "run scripts/real_parts/minio.sh")
    server = Minio(executable, folder / "minio", free_port())
    server.start()
    try:
        S3Store(server.settings(bucket)).ensure_bucket()
        yield server
    finally:
        server.stop()
