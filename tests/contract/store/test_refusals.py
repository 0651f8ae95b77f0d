"""A store that refuses: wrong credentials, no bucket, no room on its disk."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.kit import errors
from services.kit.store import open_store
from tests.parts import minio as minio_part
from tests.parts import small_disk
from tests.parts.minio import Minio

DISK_MEGABYTES = 64
FILLS_THE_DISK = """
import sys
from pathlib import Path

from services.kit.errors import StoreFull
from services.kit.settings import load
from services.kit.store import StoreSettings, open_store

store = open_store(load(StoreSettings))
store.put("a/small", b"x" * 1000, "text/plain")
large = Path(sys.argv[1])
for write in (
    lambda: store.put("a/large", large.read_bytes(), "text/plain"),
    lambda: store.put_file("a/large", large, "text/plain"),
    lambda: store.put_file("a/large", large, "text/plain", only_new=True),
    lambda: store.put_file("a/small", large, "text/plain"),
):
    try:
        print(write())
    except StoreFull as error:
        print(error.reason)
print([found.key for found in store.list("")], store.get("a/small") == b"x" * 1000)
store.put("b/next", b"z" * 500_000, "text/plain")
print(len(store.get("b/next")))
"""


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


@pytest.mark.parametrize("kind", ["folder", pytest.param("minio", marks=pytest.mark.minio)])
def test_a_full_disk_says_so_and_keeps_what_was_there(kind: str, tmp_path: Path) -> None:
    large, data = tmp_path / "large", tmp_path / "store"
    with large.open("wb") as file:
        file.truncate(80_000_000)
    data.mkdir()
    with ExitStack() as stack:
        if kind == "folder":
            before, variables = small_disk.on(data, DISK_MEGABYTES), {"SELVAGE_STORE_URL": data.as_uri()}
        else:
            server = stack.enter_context(minio_part.running(tmp_path, megabytes=DISK_MEGABYTES))
            before, variables = [], server.variables()
        command = [*before, sys.executable, "-c", FILLS_THE_DISK, str(large)]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [*["STORE_FULL"] * 4, "['a/small'] True", "500000"], done.stderr[-3000:]
