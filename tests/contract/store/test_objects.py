"""Objects go in, are found, and come out, on a folder and on a real MinIO."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit import errors, metrics
from services.kit.store import ObjectStore, StoredObject

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def test_what_is_put_is_got(store: ObjectStore, room: str) -> None:
    made = store.put(f"{room}/a/alpha.png", PNG, "image/png")
    assert made == StoredObject(f"{room}/a/alpha.png", hashlib.sha256(PNG).hexdigest(), len(PNG), "image/png")
    assert store.stat(made.key) == made
    assert store.get(made.key) == PNG
    assert store.exists(made.key)


def test_an_empty_object(store: ObjectStore, room: str) -> None:
    made = store.put(f"{room}/empty", b"", "application/octet-stream")
    assert (store.get(made.key), store.stat(made.key)) == (b"", made)


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
