"""What every object store does, checked on a folder and on a real MinIO."""

from __future__ import annotations

import hashlib
import shlex
import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from services.kit import errors, metrics
from services.kit.store import ObjectStore, Presigning, StoredObject, StoreSettings, open_store
from services.kit.store.s3 import S3Store
from tests.parts import minio as minio_part
from tests.parts import small_disk
from tests.parts.minio import Minio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


@pytest.fixture(params=["folder", pytest.param("minio", marks=pytest.mark.minio)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return open_store(StoreSettings(url=(tmp_path / "a store").as_uri()))
    server: Minio = request.getfixturevalue("minio")
    return open_store(server.settings())


@pytest.fixture
def room() -> str:
    """A prefix nobody else uses; MinIO outlives a test."""
    return f"shop-{uuid.uuid4().hex[:12]}"


def test_what_is_put_is_got(store: ObjectStore, room: str) -> None:
    made = store.put(f"{room}/a/alpha.png", PNG, "image/png")
    assert made == StoredObject(f"{room}/a/alpha.png", hashlib.sha256(PNG).hexdigest(), len(PNG), "image/png")
    assert store.stat(made.key) == made
    assert store.get(made.key) == PNG
    assert store.exists(made.key)


def test_an_empty_object(store: ObjectStore, room: str) -> None:
    made = store.put(f"{room}/empty", b"", "application/octet-stream")
    assert (store.get(made.key), store.stat(made.key)) == (b"", made)


def test_files_go_in_and_out_in_pieces(store: ObjectStore, room: str, tmp_path: Path) -> None:
    source, target = tmp_path / "big.bin", tmp_path / "back.bin"
    piece = bytes(range(256)) * 4096  # 1 MiB
    with source.open("wb") as file:
        for number in range(72):  # several parts of a multipart upload, the last one short
            file.write(number.to_bytes(4, "big") + piece)
    tracemalloc.start()
    try:
        made = store.put_file(f"{room}/big", source, "application/octet-stream")
        store.get_file(made.key, target)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with source.open("rb") as one, target.open("rb") as other:
        digest = hashlib.file_digest(one, "sha256").hexdigest()
        assert hashlib.file_digest(other, "sha256").hexdigest() == digest == made.sha256
    assert store.stat(made.key) == made
    assert made.size == source.stat().st_size
    assert peak < source.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["back.bin", "big.bin"]


def test_another_content_replaces_the_whole_object(store: ObjectStore, room: str) -> None:
    store.put(f"{room}/k", b"a long first content", "text/plain")
    second = store.put(f"{room}/k", b"second", "application/json")
    assert (store.get(second.key), store.stat(second.key)) == (b"second", second)


def test_the_same_content_twice_changes_nothing(store: ObjectStore, room: str) -> None:
    assert store.put(f"{room}/k", PNG, "image/png") == store.put(f"{room}/k", PNG, "image/png")
    assert [found.key for found in store.list(f"{room}/")] == [f"{room}/k"]


def test_written_bytes_are_counted_once(store: ObjectStore, room: str) -> None:
    def counted(media_type: str) -> float:
        return metrics.REGISTRY.get_sample_value("selvage_stored_bytes_total", {"media_type": media_type}) or 0.0

    before = counted("image/png"), counted("other")
    for _ in range(2):
        store.put(f"{room}/a", PNG, "image/png")
        store.put(f"{room}/b", b"12345", "video/mp4")
    assert (counted("image/png"), counted("other")) == (before[0] + len(PNG), before[1] + 5)


def test_concurrent_writers_leave_one_whole_object(store: ObjectStore, room: str) -> None:
    contents = [bytes([number]) * (20_000 + number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(store.put, f"{room}/k", data, "application/octet-stream") for data in contents * 3]
        for done in writing:
            while not done.done():
                if store.exists(f"{room}/k"):
                    assert store.get(f"{room}/k") in contents  # never half of one
            done.result()
    last = store.get(f"{room}/k")
    assert last in contents
    assert store.stat(f"{room}/k").sha256 == hashlib.sha256(last).hexdigest()


def test_list_is_by_prefix_and_in_order(store: ObjectStore, room: str) -> None:
    names = ["a.png", "a/1", "a/2/x", "a-b", "ab", "b", "B"]
    for name in names:
        store.put(f"{room}/{name}", name.encode(), "text/plain")
    assert [found.key for found in store.list(f"{room}/")] == sorted(f"{room}/{name}" for name in names)
    assert [found.key for found in store.list(f"{room}/a/")] == [f"{room}/a/1", f"{room}/a/2/x"]
    assert [found.key for found in store.list(f"{room}/a")] == sorted(f"{room}/{n}" for n in names if n[0] == "a")
    assert list(store.list(f"{room}/a/")) == [store.stat(f"{room}/a/1"), store.stat(f"{room}/a/2/x")]
    assert list(store.list(f"{room}/nothing")) == []


def test_delete_is_idempotent_and_takes_only_its_key(store: ObjectStore, room: str) -> None:
    store.put(f"{room}/a/1", b"1", "text/plain")
    store.put(f"{room}/a/2", b"2", "text/plain")
    store.delete(f"{room}/a/1")
    store.delete(f"{room}/a/1")
    store.delete(f"{room}/a")
    assert [found.key for found in store.list(room)] == [f"{room}/a/2"]


def test_what_is_not_there_is_named(store: ObjectStore, room: str, tmp_path: Path) -> None:
    store.put(f"{room}/object", b"x", "text/plain")
    for key in (f"{room}/missing", room, f"{room}/object/below"):
        assert not store.exists(key)
        for read in (store.get, store.stat, lambda key: store.get_file(key, tmp_path / "out")):
            with pytest.raises(errors.ObjectNotFound) as caught:
                read(key)
            assert caught.value.details == {"key": key}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", ".hidden", "a\\b", "C:a", "a b", "ä", "a.", "con/x", "a/NUL.txt",
     "a\n", "x" * 201, "/".join(["x" * 100] * 10)],
)  # fmt: skip
def test_keys_that_do_not_mean_the_same_everywhere_are_refused(store: ObjectStore, key: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for call in (
        lambda: store.put(key, b"x", "text/plain"),
        lambda: store.put_file(key, source, "text/plain"),
        lambda: store.get(key),
        lambda: store.get_file(key, tmp_path / "out"),
        lambda: store.stat(key),
        lambda: store.exists(key),
        lambda: store.delete(key),
    ):
        with pytest.raises(errors.InvalidKey):
            call()


def test_a_source_that_cannot_be_read_is_not_the_stores_fault(store: ObjectStore, room: str, tmp_path: Path) -> None:
    with pytest.raises(errors.UnreadableFile):
        store.put_file(f"{room}/a", tmp_path / "missing.jpg", "image/jpeg")
    store.put(f"{room}/a", b"x", "text/plain")
    with pytest.raises(errors.UnwritableFile):
        store.get_file(f"{room}/a", tmp_path / "no folder" / "a")


@pytest.mark.minio
@pytest.mark.parametrize("wrong", [{"secret_key": "wrong-secret"}, {"access_key": "nobody"}])
def test_wrong_credentials(minio: Minio, wrong: dict[str, str]) -> None:
    denied = open_store(minio.settings("selvage", **wrong))
    for call in (lambda: denied.get("a"), lambda: denied.put("a", b"x", "text/plain"), lambda: list(denied.list(""))):
        with pytest.raises(errors.StoreDenied):
            call()


@pytest.mark.minio
def test_a_bucket_that_is_not_there(minio: Minio) -> None:
    store = open_store(minio.settings("no-such-bucket"))
    for call in (lambda: store.put("a", b"x", "text/plain"), lambda: store.get("a"), lambda: list(store.list(""))):
        with pytest.raises(errors.BucketMissing) as caught:
            call()
        assert caught.value.details == {"bucket": "no-such-bucket"}


@pytest.mark.minio
def test_presigned_addresses(minio: Minio, room: str) -> None:
    store = open_store(minio.settings())
    assert isinstance(store, Presigning)
    with urllib3.PoolManager(retries=False, timeout=10) as http:
        sent = http.request("PUT", store.presign_put(f"{room}/up.jpg", 60), body=PNG)
        assert sent.status == 200
        assert store.get(f"{room}/up.jpg") == PNG
        assert store.stat(f"{room}/up.jpg").sha256 == ""  # nobody has hashed it yet
        assert [found.key for found in store.list(room)] == [f"{room}/up.jpg"]
        got = http.request("GET", store.presign_get(f"{room}/up.jpg", 60, file_name="TEE1_1.jpg"))
        assert (got.status, got.data) == (200, PNG)
        assert got.headers["content-disposition"] == 'attachment; filename="TEE1_1.jpg"'
        other = store.presign_get(f"{room}/up.jpg", 60).replace("up.jpg", "down.jpg")
        assert http.request("GET", other).status == 403  # the signature is for one key


@pytest.mark.minio
def test_a_server_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    with minio_part.running(tmp_path) as server:
        store = open_store(server.settings(retries=1, connect_seconds=1))
        store.put("a", b"x", "text/plain")
        server.stop()
        for call in (lambda: store.get("a"), lambda: store.put("b", b"y", "text/plain"), lambda: list(store.list(""))):
            with pytest.raises(errors.StoreUnavailable):
                call()
        server.start()
        assert store.get("a") == b"x"
        assert not store.exists("b")


@pytest.mark.minio
def test_a_server_without_room(minio: Minio, tmp_path: Path) -> None:
    data, wrapper = tmp_path / "minio", tmp_path / "minio-on-a-small-disk"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join([*small_disk.on(data, 64), str(minio.executable)])} "$@"\n')
    wrapper.chmod(0o755)
    server = Minio(wrapper, data, minio_part.free_port())
    server.start()
    try:
        store = S3Store(server.settings())
        store.ensure_bucket()
        store.put("small", PNG, "image/png")
        with pytest.raises(errors.StoreFull):
            store.put("large", bytes(80_000_000), "application/octet-stream")
        assert store.get("small") == PNG
    finally:
        server.stop()
