"""API keys as they travel."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import tokens
from gateway.access.guard import credential

SECRET = "s" * 32


def test_a_new_key_has_32_random_bytes_and_stays_itself() -> None:
    made = {str(tokens.new()) for _ in range(100)}
    assert len(made) == 100
    for text in made:
        token = tokens.parse(text)
        assert token is not None
        assert str(token) == text
        assert len(bytes.fromhex(token.secret)) == tokens.SECRET_BYTES


def test_a_rotated_key_keeps_its_id() -> None:
    one, two = tokens.new("abc"), tokens.new("abc")
    assert one.key_id == two.key_id == "abc"
    assert one.secret != two.secret
    assert one.matches(one.digest)
    assert not one.matches(two.digest)
    assert not one.matches(None)


def test_the_digest_is_sha256_of_the_secret_alone() -> None:
    token = tokens.parse(f"selvage_op_{SECRET}")
    assert token is not None
    assert token.digest == hashlib.sha256(SECRET.encode()).digest()


def test_a_secret_is_not_shown_by_accident() -> None:
    assert SECRET not in repr(tokens.parse(f"selvage_op_{SECRET}"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "selvage_",
        f"selvage_op_{SECRET[1:]}",
        f"selvage__{SECRET}",
        f"selvage_OP_{SECRET}",
        f"selvage_op_{SECRET}\n",
        f" selvage_op_{SECRET}",
        f"Selvage_op_{SECRET}",
        f"selvage_{'a' * 33}_{SECRET}",
        f"selvage_op_{'s' * 257}",
        f"selvage_op_{SECRET}\0",
    ],
)
def test_what_is_no_key(text: str) -> None:
    assert tokens.parse(text) is None


@given(st.text())
def test_any_text_is_a_key_that_reads_back_or_none(text: str) -> None:
    token = tokens.parse(text)
    assert token is None or str(token) == text


@pytest.mark.parametrize(
    ("authorization", "api_key", "found"),
    [
        ("Bearer one", "", "one"),
        ("bearer  one ", "two", "one"),
        ("", " two ", "two"),
        ("Basic abc", "two", "two"),
        ("Basic abc", "", ""),
        ("Bearer", "", ""),
        ("", "", ""),
    ],
)
def test_a_bearer_token_goes_before_the_other_header(authorization: str, api_key: str, found: str) -> None:
    assert credential(authorization, api_key) == found
