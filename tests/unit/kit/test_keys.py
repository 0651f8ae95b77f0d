"""Whatever a key says, it stays inside the store."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import InvalidKey
from services.kit.store import keys

NASTY = st.text(alphabet="ab./\\-_: ~\0\n*?é%CON1", max_size=30)


@given(NASTY)
def test_an_allowed_key_is_a_plain_relative_path_everywhere(key: str) -> None:
    try:
        keys.check(key)
    except InvalidKey:
        return
    assert PurePosixPath(key).as_posix() == PureWindowsPath(key).as_posix() == key
    assert not PurePosixPath(key).is_absolute()
    assert not PureWindowsPath(key).drive
    assert ".." not in PurePosixPath(key).parts
    assert Path("/root", key).resolve().is_relative_to("/root")


@pytest.mark.parametrize("key", ["shop/" + "a" * 64 + "/matting/" + "b" * 64 + "/alpha.png", "A_1-b.2/x", "_x", "1"])
def test_keys_of_ours_are_allowed(key: str) -> None:
    assert keys.check(key) == key
