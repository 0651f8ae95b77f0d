"""Names that parse back to what they were made of, on every system."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compose.errors import NameInvalid
from services.compose.naming import STATES, Naming, escape, export_stem, parse, stem
from services.compose.template import NAMING

text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=7)  # escaped, two of them stay below 200
dates = st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0"))


@given(sku=text, image_no=text, date=dates, state=st.sampled_from(STATES))
def test_a_name_parses_back_exactly(sku: str, image_no: str, date: str, state: str) -> None:
    naming = Naming(sku, image_no, date, state)
    assert parse(stem(naming)) == naming


@given(sku=text, image_no=text)
def test_a_name_is_safe_everywhere(sku: str, image_no: str) -> None:
    name = stem(Naming(sku, image_no, "20261123", "approved"))
    assert re.fullmatch(r"[A-Za-z0-9~][A-Za-z0-9.~-]*(_[A-Za-z0-9~][A-Za-z0-9.~-]*){3}", name)
    for part in name.split("_")[:2]:
        assert not part.endswith(".")
        # Windows keeps these names whatever follows the first dot.
        assert not re.fullmatch(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", part.split(".")[0].lower())


@given(st.text(alphabet="Aa_1.-~", max_size=30))
def test_what_parses_is_written_the_same_way_again(text: str) -> None:
    try:
        naming = parse(text + "_1_20261123_approved")
    except NameInvalid:
        return
    assert stem(naming) == text + "_1_20261123_approved"


@pytest.mark.parametrize(
    ("sku", "part"),
    [
        ("TEE-1.5", "TEE-1.5"),
        ("LINEN_SHIRT", "LINEN~5fSHIRT"),
        ("a b", "a~20b"),
        ("a~b", "a~7eb"),
        ("../etc", "~2e.~2fetc"),
        (".hidden", "~2ehidden"),
        ("-rf", "~2drf"),
        ("dot.", "dot~2e"),
        ("CON", "~43ON"),
        ("con.1", "~63on.1"),
        ("COM9.x", "~43OM9.x"),
        ("console", "console"),
        ("größe", "gr~c3~b6~c3~9fe"),
    ],
)
def test_what_is_escaped(sku: str, part: str) -> None:
    assert escape(sku) == part


def test_the_status_is_written_with_hyphens() -> None:
    assert stem(Naming("TEE1", "2", "20261123", "needs_review")) == "TEE1_2_20261123_needs-review"


def test_exports_follow_the_pattern_of_the_template() -> None:
    naming = Naming("A_1", "2", "20261123", "approved")
    assert export_stem(naming, NAMING, "zoom") == "A~5f1_2_20261123_approved_zoom"
    assert export_stem(naming, "{sku}-{name}.{image}", "zoom") == "A~5f1-zoom.2"


@pytest.mark.parametrize(
    ("sku", "image_no", "date", "state", "field"),
    [
        ("", "1", "20261123", "approved", "sku"),
        ("A", "", "20261123", "approved", "image number"),
        ("A" * 190, "1", "20261123", "approved", "sku"),
        ("A\ud800", "1", "20261123", "approved", "sku"),
        ("A", "1", "2026-11-23", "approved", "date"),
        ("A", "1", "20261131", "approved", "date"),
        ("A", "1", "٢٠٢٦١١٢٣", "approved", "date"),
        ("A", "1", "20261123", "unspecified", "status"),
    ],
)
def test_what_cannot_be_a_name(sku: str, image_no: str, date: str, state: str, field: str) -> None:
    with pytest.raises(NameInvalid) as caught:
        Naming(sku, image_no, date, state)
    assert caught.value.details["field"] == field


@pytest.mark.parametrize(
    "name",
    [
        "A_1_20261123",
        "A_1_20261123_approved_zoom",
        "A~zz_1_20261123_approved",
        "A~5F_1_20261123_approved",
        "A~ff_1_20261123_approved",
        "A~41_1_20261123_approved",
        "a b_1_20261123_approved",
        "CON_1_20261123_approved",
    ],
)
def test_what_is_no_name_of_ours(name: str) -> None:
    with pytest.raises(NameInvalid):
        parse(name)


def test_a_name_that_grows_too_long_by_its_template_is_refused() -> None:
    with pytest.raises(NameInvalid, match="more than 240 characters"):
        export_stem(Naming("A" * 90, "1", "20261123", "approved"), "{sku}{sku}{sku}{image}{name}", "zoom")
