"""MinIO killed in the middle of an upload: an error that says so, and afterwards a whole object or none."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit import errors
from services.kit.store import open_store
from tests.parts.minio import running


@pytest.mark.minio
def test_minio_killed_while_it_receives(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(200_000_000))
    with running(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        store = open_store(server.settings(retries=1, connect_seconds=1, read_seconds=5))
        store.put("before", b"x", "text/plain")
        uploading = pool.submit(store.put_file, "large", source, "application/octet-stream")
        while not list((server.folder / ".minio.sys" / "multipart").rglob("part.1*")):
            assert not uploading.done(), "make the file larger: the upload must be under way"
            time.sleep(0.01)
        assert server.process is not None
        server.process.kill()
        with pytest.raises(errors.StoreUnavailable):
            uploading.result(60)
        server.process.wait()
        server.start()
        assert store.get("before") == b"x"
        assert [found.key for found in store.list("")] == ["before"]
        assert store.put_file("large", source, "application/octet-stream").size == 200_000_000  # the retry
        assert store.stat("large").size == 200_000_000
