"""The two stores of the contract: a folder, and a bucket of a real MinIO."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from services.kit.store import ObjectStore, StoreSettings, open_store
from tests.parts.minio import Minio


@pytest.fixture(params=["folder", pytest.param("minio", marks=pytest.mark.minio)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    if request.param == "folder":
        return StoreSettings(url=(tmp_path / "a store").as_uri())
    server: Minio = request.getfixturevalue("minio")
    return server.settings()


@pytest.fixture
def store(settings: StoreSettings) -> ObjectStore:
    return open_store(settings)


@pytest.fixture
def room() -> str:
    """A prefix nobody else uses; MinIO outlives a test."""
    return f"shop-{uuid.uuid4().hex[:12]}"
