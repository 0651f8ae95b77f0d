"""Page sizes and tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import paging
from services.kit.errors import InvalidArgument


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
def test_sizes(asked: int, size: int) -> None:
    assert paging.page_size(asked) == size


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        paging.page_size(-1)


@given(st.integers(0, 10**9) | st.text(max_size=40), st.text(max_size=10))
def test_a_token_brings_its_cursor_back(cursor: int | str, shop: str) -> None:
    assert paging.cursor(paging.token(cursor, "jobs", shop), "jobs", shop) == cursor


@given(st.text(max_size=60))
def test_anything_else_is_refused(text: str) -> None:
    if text == "":
        assert paging.cursor(text, "jobs") is None
        return
    with pytest.raises(InvalidArgument):
        paging.cursor(text, "jobs")


def test_a_token_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        paging.cursor(paging.token(3, "images", "a"), "images", "b")
