"""A server that goes away and comes back, also in the middle of an upload: a whole object or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit import errors
from services.kit.store import ObjectStore, StoredObject, open_store
from tests.parts import gate as gate_part
from tests.parts import minio as minio_part
from tests.parts.gate import Gate
from tests.parts.minio import Minio

pytestmark = pytest.mark.minio
OCTETS = "application/octet-stream"
SIZE = 80_000_000
# More than the three parts that are sent at a time, so that one of them has arrived whole, and far from all.
ENOUGH = 26_000_000
Upload = Callable[..., "Future[StoredObject]"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    """Not the one other tests share."""
    with minio_part.running(tmp_path_factory.mktemp("minio")) as made:
        yield made


@pytest.fixture
def store(server: Minio) -> ObjectStore:
    return open_store(server.settings(retries=1, connect_seconds=1, read_seconds=30))


@pytest.fixture
def gate(server: Minio) -> Iterator[Gate]:
    with gate_part.before(server.port) as made:
        yield made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


@pytest.fixture
def begin(server: Minio, gate: Gate, source: Path, room: str) -> Iterator[Upload]:
    """Uploads the source, in parts, as ROOM/large; returns when some have arrived and the gate holds the rest."""
    with ThreadPoolExecutor(1) as pool:

        def upload(retries: int = 1, **how: bool) -> Future[StoredObject]:
            gate.hold(ENOUGH)
            through = server.settings(
                endpoint=f"127.0.0.1:{gate.port}", retries=retries, connect_seconds=1, read_seconds=30
            )
            uploading = pool.submit(open_store(through).put_file, f"{room}/large", source, OCTETS, **how)
            while not any(server.uploads(f"{room}/large")):
                assert not uploading.done(), uploading.result()
                time.sleep(0.01)
            return uploading

        try:
            yield upload
        finally:
            gate.open()


def test_a_server_that_goes_away_and_comes_back(server: Minio, store: ObjectStore, room: str) -> None:
    store.put(f"{room}/a", b"x", "text/plain")
    server.stop()
    for call in (
        lambda: store.get(f"{room}/a"),
        lambda: store.put(f"{room}/b", b"y", "text/plain"),
        lambda: list(store.list(room)),
    ):
        with pytest.raises(errors.StoreUnavailable):
            call()
    server.start()
    assert store.get(f"{room}/a") == b"x"
    assert not store.exists(f"{room}/b")


def test_killed_in_mid_upload(server: Minio, store: ObjectStore, room: str, source: Path, begin: Upload) -> None:
    store.put(f"{room}/before", b"x", "text/plain")
    uploading = begin()
    server.kill()
    with pytest.raises(errors.StoreUnavailable):
        uploading.result()
    server.start()
    assert store.get(f"{room}/before") == b"x"
    assert [found.key for found in store.list(f"{room}/")] == [f"{room}/before"]
    assert store.put_file(f"{room}/large", source, OCTETS).size == SIZE  # the retry
    assert store.stat(f"{room}/large").size == SIZE


def test_an_upload_outlives_a_restart_if_it_may_try_again(
    server: Minio, store: ObjectStore, room: str, gate: Gate, begin: Upload
) -> None:
    uploading = begin(retries=10)
    server.stop()
    gate.open()
    server.start()
    made = uploading.result()
    assert made.size == SIZE
    assert store.stat(f"{room}/large") == made
    assert server.uploads(f"{room}/large") == []


def test_an_upload_whose_source_fails_leaves_nothing(
    server: Minio, store: ObjectStore, room: str, source: Path, gate: Gate, begin: Upload
) -> None:
    uploading = begin()
    with source.open("r+b") as file:
        file.truncate(0)
    gate.open()
    with pytest.raises(errors.UnreadableFile):
        uploading.result()
    assert list(store.list(f"{room}/")) == []
    assert server.uploads(f"{room}/large") == []


def test_who_comes_first_while_a_new_one_is_uploaded_stays(
    server: Minio, store: ObjectStore, room: str, gate: Gate, begin: Upload
) -> None:
    uploading = begin(only_new=True)
    store.put(f"{room}/large", b"first", "text/plain")
    gate.open()
    with pytest.raises(errors.ObjectExists):
        uploading.result()
    assert store.get(f"{room}/large") == b"first"
    assert server.uploads(f"{room}/large") == []
