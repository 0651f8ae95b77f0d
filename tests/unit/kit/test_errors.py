"""Walks the whole error table: every row of every room."""

from __future__ import annotations

import importlib
import inspect
import re
import string
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from selvage_api.segment.v1 import segment_service_pb2 as messages
from selvage_api.segment.v1 import segment_service_pb2_grpc as services
from services.kit import errors, rpc
from services.kit.errors import SelvageError

ROOT = Path(__file__).resolve().parents[3]

for found in sorted(ROOT.glob("services/**/errors.py")) + sorted(ROOT.glob("[gst]*/**/errors.py")):
    if not found.is_relative_to(ROOT / "tests"):
        importlib.import_module(".".join(found.relative_to(ROOT).with_suffix("").parts))

TABLE = sorted(errors.table(), key=lambda row: row.reason)
# What to do, in the words the messages use; a row that finds another word may add it.
ADVICE = re.compile(
    r"\b(add|allowed|ask|call|check|choose|close|compare|connect|copy|correct|create|delete|estimate|export|fetch|free|give|install|"
    r"leave|lists?|look|lower|make|name|point|paint|possible|pull|put|raise|read|rebuild|remove|report|run|send|set|shoot|"
    r"split|start|stop|submit|sync|tried|try|unset|upload|use|wait|write)\b",
    re.IGNORECASE,
)


def fields(row: type[SelvageError]) -> dict[str, str]:
    """A value for each place of the message."""
    names = (name for _, name, _, _ in string.Formatter().parse(inspect.cleandoc(row.__doc__ or "")) if name)
    return {name: f"<{name} ü>" for name in names}


def test_the_table_has_the_rows_of_every_room() -> None:
    rooms = {row.__module__ for row in TABLE}
    assert {".".join(p.relative_to(ROOT).with_suffix("").parts) for p in ROOT.glob("services/**/errors.py")} <= rooms


def test_reasons_are_unique() -> None:
    reasons = [row.reason for row in TABLE]
    assert sorted(set(reasons)) == reasons


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.reason)
def test_row(row: type[SelvageError]) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,62}", row.reason)
    assert row.code in grpc.StatusCode.__members__
    assert row.code not in ("OK", "UNKNOWN")
    assert 400 <= row.http <= 599
    assert "__doc__" in row.__dict__
    assert row.__doc__
    message = inspect.cleandoc(row.__doc__)
    if not message.endswith("}"):  # else the advice is made where the fault is found
        assert message.endswith("."), "ends with a sentence"
        assert ADVICE.search(message), "says what to do"
    details = fields(row)
    made = row(**details)
    assert made.details == details
    assert all(value in made.message for value in details.values())
    assert "{" not in made.message


@pytest.mark.parametrize("row", [row for row in TABLE if fields(row)], ids=lambda row: row.reason)
def test_a_missing_field_is_a_mistake_of_ours(row: type[SelvageError]) -> None:
    with pytest.raises(KeyError):
        row()


class Raising(services.SegmentServiceServicer):
    """Raises the row the request names, before any answer."""

    async def Segment(self, request: messages.SegmentRequest, context: Any) -> messages.SegmentResponse:
        row = next(row for row in TABLE if row.reason == request.profile)
        raise row(**fields(row))


@pytest.fixture
async def stub() -> AsyncIterator[Any]:
    def add(server: Any) -> None:
        services.add_SegmentServiceServicer_to_server(Raising(), server)

    async with await rpc.serve(add) as server, rpc.connect(server.address) as channel:
        yield services.SegmentServiceStub(channel)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.reason)
async def test_a_row_stays_itself_over_the_wire(row: type[SelvageError], stub: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Segment(messages.SegmentRequest(profile=row.reason))
    assert caught.value.code() == grpc.StatusCode[row.code]
    sent, back = row(**fields(row)), rpc.from_rpc_error(caught.value)
    assert type(back) is row
    assert (back.message, back.details) == (sent.message, sent.details)
