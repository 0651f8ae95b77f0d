"""Which keys every store takes, and which none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.kit import errors
from services.kit.store import ObjectStore, Presigning
from services.kit.store.keys import LONGEST

EDGES = "/".join(["x" * 200] * 4 + ["y" * (LONGEST - 4 * 201)])


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


def test_the_longest_key(store: ObjectStore, room: str) -> None:
    key = f"{room}/{EDGES}"[:LONGEST]
    assert len(key) == LONGEST
    store.put(key, b"x", "text/plain")
    assert store.get(key) == b"x"
    assert [found.key for found in store.list(key)] == [key]
    store.delete(key)
    assert not store.exists(key)
    with pytest.raises(errors.InvalidKey):
        store.put(f"{key}z", b"x", "text/plain")


@pytest.mark.parametrize("key", ["Größe.png", "写真/1", "e\u0301", "\u202egnp", "😀", "a\u0000b", "a\u00a0b", "ﬁ"])
def test_unicode_is_refused_in_any_form(store: ObjectStore, room: str, key: str) -> None:
    """Systems disagree on composed letters and on direction; names of files never become keys."""
    with pytest.raises(errors.InvalidKey):
        store.put(f"{room}/{key}", b"x", "text/plain")
    assert list(store.list(f"{room}/")) == []
    if isinstance(store, Presigning):
        with pytest.raises(errors.InvalidKey):
            store.presign_put(f"{room}/{key}", 60)
        with pytest.raises(errors.InvalidKey):
            store.presign_get(f"{room}/a", 60, file_name=key)
