"""Names of traces; tracing that is off or cannot be had. What is traced: tests/integration/gateway/test_tracing.py."""

from __future__ import annotations

import sys
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ids import uuid7
from services.kit import tracing
from services.kit.tracing import ids

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the example of the specification


def test_the_example_of_the_specification() -> None:
    found = ids.parse(GOOD)
    assert found == ids.SpanId(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, True)
    assert str(found) == GOOD
    # A later version may have more; its first fields mean the same.
    assert ids.parse("cc" + GOOD[2:] + "-what-comes-later") == found


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        b"bytes",
        "ff" + GOOD[2:],
        GOOD.upper(),
        GOOD[:-1],
        f"00-{0:032x}{GOOD[35:]}",
        GOOD[:36] + f"{0:016x}-01",
    ],
)
def test_what_is_no_header(header: str | bytes | None) -> None:
    assert ids.parse(header) is None


@given(st.uuids(), st.floats(0, 1))
def test_an_images_trace_is_its_id(image_id: UUID, share: float) -> None:
    root = ids.of_image(image_id, share)
    assert f"{root.trace:032x}" == image_id.hex
    assert 0 < root.span < 2**64
    assert root.sampled == ids.chosen(image_id.int, share)
    assert ids.parse(str(root)) == root or image_id.int == 0


def test_a_share_of_the_images() -> None:
    """Although the ids of images are not random in every bit."""
    made = [uuid7().int for _ in range(4000)]
    for share in (0.0, 0.1, 0.5, 1.0):
        kept = sum(ids.chosen(each, share) for each in made) / len(made)
        assert abs(kept - share) <= 5 * (share * (1 - share) / len(made)) ** 0.5


def test_off_is_nothing() -> None:
    tracing.configure("test", tracing.TracingSettings())
    assert not tracing.on()
    with tracing.span("anything", root=True) as mark:
        mark.note(more=1)
        assert (tracing.traceparent(), tracing.headers(), tracing.exemplar()) == ("", {}, None)
    assert tracing.image(uuid7()) is None


def test_an_endpoint_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "services.kit.tracing.otel", None)
    with pytest.raises(tracing.TracingNotInstalled, match=r"pip install 'selvage\[tracing\]'"):
        tracing.configure("test", tracing.TracingSettings(endpoint="http://127.0.0.1:1"))
    assert not tracing.on()
