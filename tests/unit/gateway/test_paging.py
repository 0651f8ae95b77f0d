"""Page sizes and tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway import paging
from services.kit.errors import InvalidArgument

KINDS: tuple[Callable[..., Any], ...] = (paging.number, paging.text, paging.uuid)


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
def test_sizes(asked: int, size: int) -> None:
    assert paging.page_size(asked) == size


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        paging.page_size(-1)


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@given(st.integers(-(2**63), 2**63 - 1), st.text(max_size=40), st.uuids(), st.text(max_size=10))
def test_a_token_brings_its_cursor_back(number: int, text: str, uuid: UUID, shop: str) -> None:
    assert paging.number(paging.token(number, "jobs", shop), "jobs", shop) == number
    assert paging.text(paging.token(text, "jobs", shop), "jobs", shop) == text
    assert paging.uuid(paging.token(str(uuid), "jobs", shop), "jobs", shop) == uuid


@given(st.text(max_size=60))
def test_anything_else_is_refused(text: str) -> None:
    for read in KINDS:
        if text == "":
            assert read(text, "jobs") is None
            continue
        with pytest.raises(InvalidArgument):
            read(text, "jobs")


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)


@given(JSON)
@example(2**63)
@example(-(2**63) - 1)
@example(True)
@example("018f0000-0000-7000-8000-00000000000g")
def test_a_forged_cursor_of_another_kind_is_refused(cursor: Any) -> None:
    """The digest of the filters is no secret: a token with the right one may hold anything."""
    digest = json.loads(base64.urlsafe_b64decode(paging.token(1, "jobs") + "=="))[0]
    given = forged([digest, cursor])
    fits = {
        paging.number: type(cursor) is int and -(2**63) <= cursor < 2**63,
        paging.text: isinstance(cursor, str),
        paging.uuid: isinstance(cursor, str) and is_uuid(cursor),
    }
    for read in KINDS:
        if fits[read]:
            assert read(given, "jobs") is not None
            continue
        with pytest.raises(InvalidArgument, match="page_token"):
            read(given, "jobs")


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text).hex)
    except ValueError:
        return False


def test_a_deep_token_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(InvalidArgument):
        paging.number(deep, "jobs")


def test_a_token_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="other filters"):
        paging.number(paging.token(3, "images", "a"), "images", "b")
