"""Content-addressed keys."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import keys
from services.kit.errors import InvalidArgument
from services.kit.store.keys import check

SHA = hashlib.sha256(b"photo").hexdigest()
DIGESTS = st.binary(max_size=4).map(lambda data: hashlib.sha256(data).hexdigest())
SETTINGS = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4) | st.booleans(), max_size=3)
INPUTS = st.dictionaries(st.sampled_from(["photo", "alpha", "plate"]), DIGESTS | st.just(""), max_size=3)
PARTS = st.tuples(st.text(max_size=4), SETTINGS, INPUTS)


def key(version: str, settings: dict[str, Any], inputs: dict[str, str]) -> str:
    return keys.stage_key("shop", SHA, "segment", version, settings, inputs)


@given(PARTS, PARTS)
def test_keys_are_equal_exactly_when_everything_they_stand_for_is(one: Any, other: Any) -> None:
    # repr tells True from 1, as the services do
    same = repr([one[0], sorted(one[1].items()), sorted(one[2].items())]) == repr(
        [other[0], sorted(other[1].items()), sorted(other[2].items())]
    )
    assert (key(*one) == key(*other)) == same


def test_the_order_of_settings_does_not_count() -> None:
    assert key("1", {"a": 1, "b": 2}, {}) == key("1", {"b": 2, "a": 1}, {})


def test_a_key_reads_as_shop_photo_stage_digest() -> None:
    shop, photo, stage, digest = key("1", {}, {}).split("/")
    assert (shop, photo, stage) == ("shop", SHA, "segment")
    assert keys.SHA256.fullmatch(digest)


@given(PARTS)
def test_the_store_takes_every_key(parts: Any) -> None:
    assert check(key(*parts) + "/alpha.png")
    assert check(keys.original_key("shop", SHA))


def test_the_digest_of_an_original_is_read_from_its_own_shop_only() -> None:
    original = keys.original_key("shop", SHA)
    assert keys.original_digest(original, "shop") == SHA
    assert keys.original_digest(original, "other") is None
    for foreign in (f"{original}/x", f"shop/{SHA}/segment/{SHA}", f"../{original}", original.upper(), ""):
        assert keys.original_digest(foreign, "shop") is None


@pytest.mark.parametrize("shop", ["", "A", "-a", "a-", "a_b", "a/b", "..", "a.b", "ä", "a" * 64, "a\n"])
def test_shops_outside_the_set_are_refused(shop: str) -> None:
    with pytest.raises(InvalidArgument):
        keys.valid_shop(shop)


@pytest.mark.parametrize("shop", ["a", "7", "my-shop-2", "a" * 63])
def test_shops_inside_it_are_taken(shop: str) -> None:
    assert keys.valid_shop(shop) == shop
