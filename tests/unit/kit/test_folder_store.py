"""What only the folder store can get wrong: crashes, read-only disks, foreign files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from services.kit import errors
from services.kit.store.folder import INCOMING, STALE_SECONDS, FolderStore
from tests.parts import small_disk


def on_a_small_disk(folder: Path, program: str) -> str:
    """Runs `program` with `folder` as a disk of 1 MiB; returns what it prints."""
    program = "import subprocess, sys\nfrom pathlib import Path\n" + textwrap.dedent(program)
    command = [*small_disk.on(folder, 1), sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_read_only_disk_says_so(tmp_path: Path) -> None:
    said = on_a_small_disk(
        tmp_path,
        """
        from services.kit.errors import StoreDenied
        from services.kit.store.folder import FolderStore
        store = FolderStore(Path(sys.argv[1]))
        store.put("a", b"x", "text/plain")
        subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
        for call in (lambda: store.put("b", b"x", "text/plain"), lambda: store.delete("a")):
            try:
                call()
            except StoreDenied as error:
                print(error.reason)
        print(store.get("a"))
        """,
    )
    assert said.splitlines() == ["STORE_DENIED", "STORE_DENIED", "b'x'"]


def test_a_killed_writer_leaves_no_half_object(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from services.kit.store.folder import FolderStore
        store = FolderStore(Path(sys.argv[1]))
        number = 0
        while True:
            number += 1
            store.put("k", bytes([number % 256]) * 300_000, "application/octet-stream")
            store.put(f"n/{number}", bytes([number % 256]) * 100_000, "application/octet-stream")
            if number == 1:
                print("ready", flush=True)
    """
    for wait in (0.02, 0.05, 0.09):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == "ready\n"
            time.sleep(wait)
            process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
            process.wait()
        store = FolderStore(tmp_path)
        found = list(store.list(""))
        assert found
        for described in found:
            data = store.get(described.key)
            assert len(data) == described.size == (300_000 if described.key == "k" else 100_000)
            assert len(set(data)) == 1


def test_what_dead_writers_left_is_swept_after_a_day(tmp_path: Path) -> None:
    FolderStore(tmp_path)
    old, new = tmp_path / INCOMING / "old", tmp_path / INCOMING / "new"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (time.time() - STALE_SECONDS - 60,) * 2)
    store = FolderStore(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)
    assert list(store.list("")) == []


def test_an_object_is_no_folder_and_a_folder_no_object(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("a", b"x", "text/plain")
    store.put("c/d", b"x", "text/plain")
    for key in ("a/b", "c"):
        with pytest.raises(errors.InvalidKey):
            store.put(key, b"x", "text/plain")
    assert [found.key for found in store.list("")] == ["a", "c/d"]


def test_delete_removes_folders_it_empties(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("a/b/c", b"x", "text/plain")
    store.put("a/d", b"x", "text/plain")
    store.delete("a/b/c")
    assert not (tmp_path / "a" / "b").exists()
    assert store.get("a/d") == b"x"


def test_a_foreign_file_is_named(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    (tmp_path / "note.txt").write_text("put here by hand " * 100)
    with pytest.raises(errors.StoreUnavailable, match=r"note\.txt was not written by this store"):
        store.get("note.txt")


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("a", b"x", "text/plain")
    before = (tmp_path / "a").stat()
    store.put("a", b"x", "text/plain")
    after = (tmp_path / "a").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_stored_picture_opens_in_other_programs(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    picture = np.arange(12 * 12 * 3, dtype=np.uint8).reshape(12, 12, 3)
    FolderStore(tmp_path).put("a.png", cv2.imencode(".png", picture)[1].tobytes(), "image/png")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "a.png")), picture)
