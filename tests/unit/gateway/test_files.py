"""Names of downloads, as the object store may repeat them in a header."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.files.handlers import header_safe
from services.kit.store import keys


@given(st.text(max_size=300) | st.text("acenoru1xlp.-_ ", max_size=12))
@example("con.png")
@example("..nul")
@example("\r\nSet-Cookie: a=b.png")
@example("a" * 148 + "-.png")
def test_any_name_can_be_signed(name: str) -> None:
    safe = header_safe(name)
    assert safe == "" or keys.check(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [("TEE-1_1.png", "TEE-1_1.png"), ("Größe 1.png", "Gr-e-1.png"), ("CON.png", "_CON.png"), ("…", "")],
)
def test_what_becomes_of_names(name: str, safe: str) -> None:
    assert header_safe(name) == safe
