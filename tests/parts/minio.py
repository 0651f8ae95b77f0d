"""A real MinIO server on a free port of 127.0.0.1, with data of its own; tests/parts/server.py says in which ways."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import minio
import urllib3

from services.kit.store.s3 import S3Store
from services.kit.store.settings import StoreSettings
from tests.parts import server, small_disk
from tests.parts.require import binary
from tests.parts.server import LocalProcess, Server, free_port

ACCESS_KEY = "selvage-test"
SECRET_KEY = "selvage-test-secret"  # of a server that lives as long as the test
VARIABLES = {
    "MINIO_ROOT_USER": ACCESS_KEY,
    "MINIO_ROOT_PASSWORD": SECRET_KEY,
    "MINIO_BROWSER": "off",
    "MINIO_UPDATE": "off",
    "GOMAXPROCS": "2",
}
PORT = 9000
START_SECONDS = 60


@dataclass
class Minio:
    """A server; `stop`, `kill` and `start` let a test take it away and bring it back at the same address."""

    program: Server
    port: int

    @classmethod
    def found(cls, folder: Path, megabytes: int = 0) -> Minio:
        """One not started yet, with a disk of so many megabytes if any are given (it loses its data when it stops).
        Skips, or fails, when there is none on this machine."""
        port = free_port()
        return cls(
            _container(port, megabytes) if server.in_container("minio") else _process(folder, port, megabytes), port
        )

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

    def variables(self, bucket: str = "selvage") -> dict[str, str]:
        """`settings` as a process reads them."""
        return {
            "SELVAGE_STORE_URL": f"s3://{bucket}",
            "SELVAGE_STORE_ENDPOINT": self.endpoint,
            "SELVAGE_STORE_ACCESS_KEY": ACCESS_KEY,
            "SELVAGE_STORE_SECRET_KEY": SECRET_KEY,
            "SELVAGE_STORE_SECURE": "false",
        }

    def start(self) -> None:
        """Returns when it answers."""
        self.program.start()
        until = time.monotonic() + START_SECONDS
        with urllib3.PoolManager(retries=False, timeout=1) as http:
            while time.monotonic() < until and self.program.runs():
                with contextlib.suppress(urllib3.exceptions.HTTPError):
                    if http.request("GET", f"http://{self.endpoint}/minio/health/ready").status == 200:
                        return
                time.sleep(0.1)
        said = self.program.said()
        self.program.remove()
        raise RuntimeError(f"MinIO did not start:\n{said}")

    def stop(self) -> None:
        self.program.stop()

    def kill(self) -> None:
        self.program.kill()

    def uploads(self, key: str, bucket: str = "selvage") -> list[int]:
        """Multipart uploads of the key that are under way: how many parts of each have arrived."""
        client = minio.Minio(self.endpoint, ACCESS_KEY, SECRET_KEY, secure=False)
        # The SDK keeps these calls to itself; the S3 service has no others that tell.
        found = client._list_multipart_uploads(bucket, prefix=key).uploads
        return [len(client._list_parts(bucket, key, str(each.upload_id)).parts) for each in found]


def _process(folder: Path, port: int, megabytes: int) -> Server:
    executable = binary("minio", "SELVAGE_MINIO_BIN", "bin/minio-20260212201848", "run scripts/real_parts/minio.sh")
    data = folder / "minio"
    data.mkdir(parents=True, exist_ok=True)
    disk = small_disk.on(data, megabytes) if megabytes else []
    command: list[str | Path] = [*disk, executable, "server", data, "--address", f"127.0.0.1:{port}", "--quiet"]
    return LocalProcess(command, VARIABLES, folder / "minio.log")


def _container(port: int, megabytes: int) -> Server:
    from testcontainers.community.minio import MinioContainer

    from tests.parts.container import Container

    described = MinioContainer(server.image("minio"), PORT, ACCESS_KEY, SECRET_KEY).with_envs(**VARIABLES)
    if megabytes:
        # A folder the image has not, which any user of the image may therefore write to.
        described.with_tmpfs_mount("/disk", f"size={megabytes}m").with_command(f"server /disk --address :{PORT}")
    return Container(described, {PORT: port})


@contextlib.contextmanager
def running(folder: Path, bucket: str = "selvage", megabytes: int = 0) -> Iterator[Minio]:
    """Starts a server with an empty bucket; skips, or fails, when there is none on this machine."""
    made = Minio.found(folder, megabytes)
    try:
        made.start()
        S3Store(made.settings(bucket)).ensure_bucket()
        yield made
    finally:
        made.program.remove()
