"""SKU and image number from file names."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import naming

SKU = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?")
CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
IMAGE_NO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,22}[A-Za-z0-9])?")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TEE-1_2.jpg", ("TEE-1", "2")),
        ("LINEN_SHIRT_03.png", ("LINEN_SHIRT", "03")),
        ("TEE_back1.jpeg", ("TEE", "back1")),
        ("front_view.jpg", ("front_view", "1")),  # no digit: part of the SKU
        ("TEE_123456789.jpg", ("TEE_123456789", "1")),  # nine characters: part of the SKU
        ("IMG 2034.JPG", ("IMG-2034", "1")),
        ("shoot 7/TEE_2.jpg", ("TEE", "2")),
        ("C:\\photos\\TEE_2.jpg", ("TEE", "2")),
        ("../../etc/passwd", ("passwd", "1")),
        ("Größe_4.tif", ("Grosse", "4")),
        ("Smørrebrød Łódź_2.jpg", ("Smorrebrod-Lodz", "2")),
        ("Robe – été “bleu”_2.jpg", ("Robe-ete-bleu", "2")),
        ("Café_1.webp", ("Cafe", "1")),
        ("_2.jpg", ("2", "1")),
        ("TEE_2", ("TEE", "2")),
        ("A.B_2.tar.gz", ("A.B_2.tar", "1")),
        (".hidden", ("hidden", "1")),
        ("", ("image", "1")),
        ("连衣裙_2.jpg", ("image-64f7e0", "2")),
        ("TEE-7 красная_2.jpg", ("TEE-7-6f9f0e", "2")),
        ("TEE-7 синяя_2.jpg", ("TEE-7-e08288", "2")),
        ("CON_1.jpg", ("CON-", "1")),
        ("nul.jpg", ("nul-", "1")),
    ],
)
def test_names(name: str, expected: tuple[str, str]) -> None:
    assert naming.parse(name) == expected


@given(st.text())
def test_whatever_the_name_the_parts_are_safe(name: str) -> None:
    sku, image_no = naming.parse(name)
    assert SKU.fullmatch(sku.removesuffix("-"))
    assert len(sku) <= naming.SKU_LENGTH
    assert IMAGE_NO.fullmatch(image_no.removesuffix("-"))


@given(st.text(CHINESE, min_size=1), st.text(CHINESE, min_size=1))
def test_names_in_any_script_stay_apart(one: str, other: str) -> None:
    one, other = unicodedata.normalize("NFC", one), unicodedata.normalize("NFC", other)
    if one != other:
        assert naming.safe_sku(one) != naming.safe_sku(other)


@given(st.text(alphabet="Ab1._-", min_size=1, max_size=12))
def test_a_safe_name_stays_as_it_is(text: str) -> None:
    once = naming.safe_sku(text)
    assert naming.safe_sku(once) == once


PAIRS = st.lists(st.tuples(st.sampled_from(["A", "a", "B"]), st.sampled_from(["1", "1-2", "1-3", "2"])), max_size=12)


@given(PAIRS)
def test_no_two_images_share_a_name(pairs: list[tuple[str, str]]) -> None:
    named = list(naming.distinct(pairs))
    assert len({(sku.lower(), number.lower()) for sku, number in named}) == len(pairs)
    assert [sku for sku, _ in named] == [sku for sku, _ in pairs]


@given(PAIRS)
def test_the_first_to_ask_for_a_name_gets_it(pairs: list[tuple[str, str]]) -> None:
    named = list(naming.distinct(pairs))
    seen: set[tuple[str, str]] = set()
    for asked, given_name in zip(pairs, named, strict=True):
        key = (asked[0].lower(), asked[1].lower())
        if key not in seen:
            assert given_name == asked
        seen.add(key)


def test_a_number_asked_for_later_is_not_given_away() -> None:
    assert list(naming.distinct([("A", "1"), ("A", "1"), ("A", "1-2")])) == [("A", "1"), ("A", "1-3"), ("A", "1-2")]


def test_numbers_stay_short() -> None:
    long = "9" * naming.IMAGE_NO_LENGTH
    named = list(naming.distinct([("A", long), ("A", long)]))
    assert named[1] == ("A", "9" * (naming.IMAGE_NO_LENGTH - 2) + "-2")
