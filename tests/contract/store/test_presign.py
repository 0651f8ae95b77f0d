"""Addresses by which others read and write: for one key, one method and a while. A folder has none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from services.kit.store import Presigning, StoreSettings, open_store
from services.kit.store.s3 import S3Store
from tests.parts.minio import Minio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PATIENCE = 60.0


@pytest.fixture
def store(minio: Minio) -> S3Store:
    return S3Store(minio.settings())


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        yield pool


def test_a_folder_has_no_addresses(tmp_path: Path) -> None:
    assert not isinstance(open_store(StoreSettings(url=tmp_path.as_uri())), Presigning)


@pytest.mark.minio
def test_up_and_down(store: S3Store, room: str, http: urllib3.PoolManager) -> None:
    assert isinstance(store, Presigning)
    sent = http.request("PUT", store.presign_put(f"{room}/up.jpg", 60), body=PNG)
    assert sent.status == 200
    assert store.get(f"{room}/up.jpg") == PNG
    assert store.stat(f"{room}/up.jpg").sha256 == ""  # nobody has hashed it yet
    assert [found.key for found in store.list(room)] == [f"{room}/up.jpg"]
    got = http.request("GET", store.presign_get(f"{room}/up.jpg", 60, file_name="TEE1_1.jpg"))
    assert (got.status, got.data) == (200, PNG)
    assert got.headers["content-disposition"] == 'attachment; filename="TEE1_1.jpg"'
    got = http.request("GET", store.presign_get(f"{room}/up.jpg", 60), headers={"Range": "bytes=1-3"})
    assert (got.status, got.data) == (206, b"PNG")


@pytest.mark.minio
def test_they_are_for_one_key_and_one_method(store: S3Store, room: str, http: urllib3.PoolManager) -> None:
    key = f"{room}/up.jpg"
    store.put(key, PNG, "image/jpeg")
    reading, writing = store.presign_get(key, 60), store.presign_put(key, 60)
    for method, address in (
        ("GET", reading.replace("up.jpg", "down.jpg")),
        ("PUT", writing.replace("up.jpg", "down.jpg")),
        ("PUT", reading),
        ("DELETE", reading),
        ("GET", writing),
        ("DELETE", writing),
        ("GET", reading.replace("X-Amz-Expires=60", "X-Amz-Expires=600")),
    ):
        body = b"other" if method == "PUT" else None
        answer = http.request(method, address, body=body)
        assert (answer.status, b"SignatureDoesNotMatch" in answer.data) == (403, True), (method, address)
    assert [(found.key, found.size) for found in store.list(f"{room}/")] == [(key, len(PNG))]


@pytest.mark.minio
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_they_end(store: S3Store, room: str, http: urllib3.PoolManager, method: str) -> None:
    key = f"{room}/up.jpg"
    store.put(key, PNG, "image/jpeg")
    address = store.presign_get(key, 1) if method == "GET" else store.presign_put(key, 1)
    until = time.monotonic() + PATIENCE
    while (answer := http.request(method, address, body=PNG if method == "PUT" else None)).status == 200:
        assert time.monotonic() < until, "it still works"
        time.sleep(0.2)
    assert answer.status == 403
    assert b"expired" in answer.data


@pytest.mark.minio
def test_those_of_wrong_credentials_open_nothing(minio: Minio, room: str, http: urllib3.PoolManager) -> None:
    wrong = S3Store(minio.settings(secret_key="wrong-secret"))
    assert http.request("PUT", wrong.presign_put(f"{room}/k", 60), body=PNG).status == 403
    assert not S3Store(minio.settings()).exists(f"{room}/k")
