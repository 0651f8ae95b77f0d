"""What a call made on behalf of another one inherits."""

from __future__ import annotations

import contextvars
from typing import Any

import grpc.aio
import pytest

from services.kit import errors
from services.kit.rpc import context
from services.kit.rpc.client import MARGIN_SECONDS, _pass_on


def passed_on(left: float | None, own: float | None, default: float | None) -> grpc.aio.ClientCallDetails:
    def inside() -> grpc.aio.ClientCallDetails:
        context.set_remaining(left)
        context.request_id.set("id-1")
        return _pass_on(grpc.aio.ClientCallDetails("/a/B", own, None, None, None), default)

    return contextvars.copy_context().run(inside)


@pytest.mark.parametrize(
    ("left", "own", "default", "expected"),
    [
        (None, None, None, None),  # a watch
        (None, None, 120.0, 120.0),
        (None, 5.0, 120.0, 5.0),
        (30.0, None, 120.0, 30.0 - MARGIN_SECONDS),
        (30.0, 500.0, 120.0, 30.0 - MARGIN_SECONDS),
        (30.0, 5.0, 120.0, 5.0),
        (30.0, None, None, 30.0 - MARGIN_SECONDS),
    ],
)
def test_the_shorter_deadline_wins(left: Any, own: Any, default: Any, expected: float | None) -> None:
    timeout = passed_on(left, own, default).timeout
    assert timeout == (None if expected is None else pytest.approx(expected, abs=0.02))
    assert expected is None or (timeout is not None and timeout <= expected)


@pytest.mark.parametrize("left", [MARGIN_SECONDS, 0.0, -3.0])
def test_no_call_without_time(left: float) -> None:
    with pytest.raises(errors.DeadlineTooShort):
        passed_on(left, None, None)


def test_the_id_of_the_call_being_served_goes_along() -> None:
    assert passed_on(None, None, None).metadata == grpc.aio.Metadata(("x-request-id", "id-1"))
