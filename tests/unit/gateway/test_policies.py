"""Tries and pauses."""

from __future__ import annotations

import pytest

from gateway.policies import pause
from gateway.settings import GatewaySettings
from services.kit.errors import (
    DeadlineTooShort,
    InvalidArgument,
    Overloaded,
    SelvageError,
    ServiceUnavailable,
    StoreFull,
)

POLICY = GatewaySettings(tries=4, busy_tries=6, first_pause_seconds=1, longest_pause_seconds=4).retries("segment")
AWAY = ServiceUnavailable(service="segment", cause="test")


@pytest.mark.parametrize(
    ("error", "before", "seconds"),
    [
        (AWAY, 0, 1),
        (AWAY, 1, 2),
        (AWAY, 2, 4),
        (AWAY, 3, None),  # the fourth was the last
        (DeadlineTooShort(seconds=0), 0, 1),
        (Overloaded(seconds=3), 0, 3),  # as it asks for
        (Overloaded(seconds=3), 2, 4),
        (Overloaded(seconds=300), 0, 4),  # no longer than the longest
        (Overloaded(seconds=3), 4, 4),  # refusals are counted apart
        (Overloaded(seconds=3), 5, None),
        (StoreFull(cause="test"), 0, None),
        (InvalidArgument(field="x", problem="y"), 0, None),
        (SelvageError(), 0, None),
    ],
)
def test_pauses(error: SelvageError, before: int, seconds: float | None) -> None:
    found = pause(POLICY, error, before)
    if seconds is None:
        assert found is None
    else:
        assert found is not None
        assert 0.75 * seconds <= found <= 1.25 * seconds


def test_a_stage_may_have_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_GATEWAY_STAGE_RETRIES", '{"matting": {"tries": 2}}')
    settings = GatewaySettings()
    assert settings.retries("matting").tries == 2
    assert settings.retries("matting").busy_tries == settings.busy_tries
    assert settings.retries("segment").tries == settings.tries
