"""Settings from the environment."""

from __future__ import annotations

import pytest

from gateway.gate import GateLimits, Ramp
from gateway.settings import GatewaySettings
from services.kit.errors import SettingsInvalid
from services.kit.settings import describe, load


def test_gate_limits_are_set_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_GATEWAY_GATE", '{"review_below": 0.6, "band_confidence": [0.9, 0.5, 0.4]}')
    with pytest.raises(SettingsInvalid):
        load(GatewaySettings)
    ramp = '{"from_": 0.9, "to": 0.5, "risk": 0.4}'
    monkeypatch.setenv("SELVAGE_GATEWAY_GATE", f'{{"review_below": 0.6, "band_confidence": {ramp}}}')
    limits = load(GatewaySettings).gate
    assert limits.review_below == 0.6
    assert limits.band_confidence == Ramp(0.9, 0.5, 0.4)
    assert limits.touch == GateLimits().touch


def test_a_wrong_database_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_GATEWAY_DATABASE_URL", "mysql://x")
    with pytest.raises(SettingsInvalid, match="SELVAGE_GATEWAY_DATABASE_URL"):
        load(GatewaySettings)


def test_every_setting_is_explained() -> None:
    for row in describe(GatewaySettings):
        assert row.meaning.endswith("."), row.env
