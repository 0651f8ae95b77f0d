"""Errors of a server come back as the rows they were."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from selvage.errors import rebuild, rows

ROOT = Path(__file__).resolve().parents[3]


def test_every_row_of_the_server_is_known() -> None:
    found = [path for room in ("gateway", "services") for path in (ROOT / room).rglob("errors.py")]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found}
    assert modules <= {row.__module__ for row in rows().values()}


@pytest.mark.parametrize("reason", sorted(rows()))
def test_a_reason_becomes_its_row(reason: str) -> None:
    error = rebuild({"code": reason, "detail": "What happened.", "status": 400, "request_id": "r1"})
    assert type(error) is rows()[reason]
    assert (error.reason, error.message, error.details["request_id"]) == (reason, "What happened.", "r1")
    assert inspect.cleandoc(type(error).__doc__ or "")
