"""Files go in and out in pieces, whole or a range of them, and new ones only where that is asked."""

from __future__ import annotations

import hashlib
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit import errors
from services.kit.store import ObjectStore, StoredObject

OCTETS = "application/octet-stream"
DATA = bytes(range(256)) * 10


def test_files_go_in_and_out_in_pieces(store: ObjectStore, room: str, tmp_path: Path) -> None:
    source, target = tmp_path / "big.bin", tmp_path / "back.bin"
    piece = bytes(range(256)) * 4096  # 1 MiB
    with source.open("wb") as file:
        for number in range(72):  # several parts of a multipart upload, the last one short
            file.write(number.to_bytes(4, "big") + piece)
    tracemalloc.start()
    try:
        made = store.put_file(f"{room}/big", source, OCTETS)
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


def test_a_source_that_cannot_be_read_is_not_the_stores_fault(store: ObjectStore, room: str, tmp_path: Path) -> None:
    with pytest.raises(errors.UnreadableFile):
        store.put_file(f"{room}/a", tmp_path / "missing.jpg", "image/jpeg")
    store.put(f"{room}/a", b"x", "text/plain")
    with pytest.raises(errors.UnwritableFile):
        store.get_file(f"{room}/a", tmp_path / "no folder" / "a")


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, 2560), (0, None), (5, 9), (2559, 2560), (2559, None), (100, 99_999), (0, 10**12), (256, 512)],
)
def test_a_range_is_what_lies_in_it(store: ObjectStore, room: str, tmp_path: Path, start: int, end: int | None) -> None:
    store.put(f"{room}/k", DATA, "text/plain")
    store.get_file(f"{room}/k", tmp_path / "part", start, end)
    assert (tmp_path / "part").read_bytes() == DATA[start:end]


@pytest.mark.parametrize(("start", "end"), [(2560, None), (9999, 10_000), (5, 5), (6, 5), (0, 0), (-1, None), (-5, 3)])
def test_a_range_without_bytes_is_refused(
    store: ObjectStore, room: str, tmp_path: Path, start: int, end: int | None
) -> None:
    store.put(f"{room}/k", DATA, "text/plain")
    with pytest.raises(errors.RangeOutsideObject, match=rf"\[{start}, ") as caught:
        store.get_file(f"{room}/k", tmp_path / "part", start, end)
    assert caught.value.http == 416
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("part")]


def test_ranges_of_what_is_empty_or_absent(store: ObjectStore, room: str, tmp_path: Path) -> None:
    store.put(f"{room}/empty", b"", "text/plain")
    store.get_file(f"{room}/empty", tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b""
    with pytest.raises(errors.RangeOutsideObject):
        store.get_file(f"{room}/empty", tmp_path / "part", 0, 1)
    with pytest.raises(errors.ObjectNotFound):
        store.get_file(f"{room}/absent", tmp_path / "part", 1, 2)


def test_only_new_never_writes_over_an_object(store: ObjectStore, room: str, tmp_path: Path) -> None:
    key, first, second = f"{room}/a/k", tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"first")
    second.write_bytes(b"second")
    made = store.put_file(key, first, "text/plain", only_new=True)
    assert made == StoredObject(key, hashlib.sha256(b"first").hexdigest(), 5, "text/plain") == store.stat(key)
    for again in (first, second):
        with pytest.raises(errors.ObjectExists) as caught:
            store.put_file(key, again, "text/plain", only_new=True)
        assert caught.value.details == {"key": key}
    assert store.get(key) == b"first"
    store.put_file(key, second, "text/plain")
    assert store.get(key) == b"second"
    store.delete(key)
    store.put_file(key, first, "text/plain", only_new=True)
    assert [found.key for found in store.list(f"{room}/")] == [key]


@pytest.mark.parametrize("size", [1000, 7_000_000, 9_000_000])  # of one request, and of a multipart upload
def test_of_concurrent_new_ones_one_wins(store: ObjectStore, room: str, tmp_path: Path, size: int) -> None:
    paths = [tmp_path / f"source-{number}" for number in range(6)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * size)

    def write(path: Path) -> StoredObject | None:
        try:
            return store.put_file(f"{room}/k", path, OCTETS, only_new=True)
        except errors.ObjectExists:
            return None

    with ThreadPoolExecutor(len(paths)) as pool:
        (won,) = [made for made in pool.map(write, paths) if made]
    assert won == store.stat(f"{room}/k")
    assert hashlib.sha256(store.get(f"{room}/k")).hexdigest() == won.sha256
