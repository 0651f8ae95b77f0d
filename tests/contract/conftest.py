"""Real parts shared by the contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.parts.minio import Minio, running


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    """One MinIO for all tests that only read and write objects."""
    with running(tmp_path_factory.mktemp("minio")) as server:
        yield server
