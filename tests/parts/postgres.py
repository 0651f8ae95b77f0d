"""A real PostgreSQL; tests/parts/server.py says in which ways. As a process it is the product's embedded one."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gateway import embedded
from tests.parts import server
from tests.parts.server import free_port

PORT = 5432


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The libpq URL of its empty database `selvage`."""
    # A folder of its own: pytest tidies up old ones of its own while other sessions run.
    with tempfile.TemporaryDirectory(prefix="selvage-test-") as folder:
        started = _container() if server.in_container("postgres") else _process(Path(folder))
        with started as url:
            yield url


@contextlib.contextmanager
def _process(folder: Path) -> Iterator[str]:
    started = embedded.start(folder)
    try:
        yield started.url
    finally:
        started.leave()


@contextlib.contextmanager
def _container() -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer

    from tests.parts.container import Container

    password, port = secrets.token_urlsafe(16), free_port()
    described = PostgresContainer(server.image("postgres"), PORT, "selvage", password, "selvage", driver=None)
    container = Container(described, {PORT: port})
    try:
        container.start()  # testcontainers waits until a query is answered
        yield f"postgresql://selvage:{password}@127.0.0.1:{port}/selvage?connect_timeout=10"
    finally:
        container.remove()
