"""Settings of the cost ledger, from `SELVAGE_LEDGER_*`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.kit.settings import Settings, prefix


class LedgerSettings(Settings):
    """What things cost, and how often it is looked."""

    model_config = prefix("SELVAGE_LEDGER_")

    prices: Path | None = None
    """YAML file of one's own prices, as gateway/ledger/prices.yaml."""

    collect_seconds: float = Field(default=5.0, gt=0)
    """How often it is collected what services used for calls whose answer nobody took, and their overhead."""

    book_seconds: float = Field(default=300.0, gt=0)
    """How often it is looked whether a day of storage or an hour of a node is to be booked."""
