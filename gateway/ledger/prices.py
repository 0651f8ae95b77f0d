"""Prices: read from YAML, and kept in the database, where a version never changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated

import yaml
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gateway.db import Connection

from .errors import PricesChanged, PricesInvalid

Price = Annotated[Decimal, Field(ge=0, le=Decimal(10**9))]
_LOCK = 0x5E1F9A1CE


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Version(_Strict):
    """What things cost from a day on (UTC), in the currency of the file; a GB is 10^9 bytes."""

    version: str = Field(min_length=1, max_length=100)
    valid_from: datetime
    cpu_hour: Price
    gpu_hour: Price
    wage_hour: Price
    storage_gb_month: Price
    egress_gb: Price
    # Of machines held: price of an hour by name.
    nodes: dict[Annotated[str, Field(min_length=1, max_length=100)], Price] = {}

    @field_validator("valid_from", mode="before")
    @classmethod
    def _whole_day(cls, value: object) -> object:
        return datetime.combine(value, time(), UTC) if isinstance(value, date) and type(value) is date else value

    @field_validator("valid_from")
    @classmethod
    def _utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class BaselineCost(_Strict):
    """What a finished image cost before, and the share of images that came back."""

    cost: Price = Decimal("1.80")
    rework_rate: float = Field(default=0.22, ge=0, le=1)


class Prices(_Strict):
    """The whole file."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    versions: list[Version] = Field(min_length=1)
    baseline: BaselineCost = BaselineCost()

    @field_validator("versions")
    @classmethod
    def _distinct(cls, versions: list[Version]) -> list[Version]:
        for name in ("version", "valid_from"):
            if len({getattr(each, name) for each in versions}) < len(versions):
                raise ValueError(f"two versions have the same {name}")
        return versions


def read(path: Path | None) -> Prices:
    """The file, or the one that is built in. Raises PricesInvalid."""
    name = str(path) if path else "gateway/ledger/prices.yaml"
    try:
        file = path or resources.files("gateway.ledger").joinpath("prices.yaml")
        text = file.read_text(encoding="utf-8")
        return Prices.model_validate(yaml.safe_load(text))
    except ValidationError as cause:
        first = cause.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise PricesInvalid(file=name, problem=f"{where}: {first['msg']}") from cause
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
        raise PricesInvalid(file=name, problem=" ".join(str(cause).split())) from cause


async def keep(connection: Connection, prices: Prices) -> list[str]:
    """Adds the versions the database does not know; their names. Raises PricesChanged, PricesInvalid."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    cursor = await connection.execute("SELECT * FROM ledger_prices")
    known = {row["version"]: row for row in await cursor.fetchall()}
    currencies = {row["currency"] for row in known.values()}
    if currencies - {prices.currency}:
        problem = f"the ledger is in {currencies.pop()}, the file in {prices.currency}"
        raise PricesInvalid(file="the settings", problem=problem)
    taken = {row["valid_from"]: name for name, row in known.items()}
    added = []
    for each in prices.versions:
        row = known.get(each.version)
        if row is not None:
            if _values(each) != {name: row[name] for name in _values(each)}:
                raise PricesChanged(version=each.version)
            continue
        if each.valid_from in taken:
            problem = f"{each.version} is valid from the same time as {taken[each.valid_from]}"
            raise PricesInvalid(file="the settings", problem=problem)
        values = _values(each) | {"nodes": Jsonb(_values(each)["nodes"])}
        await connection.execute(
            "INSERT INTO ledger_prices (version, currency, valid_from, cpu_hour, gpu_hour, wage_hour,"
            " storage_gb_month, egress_gb, nodes) VALUES (%(version)s, %(currency)s, %(valid_from)s, %(cpu_hour)s,"
            " %(gpu_hour)s, %(wage_hour)s, %(storage_gb_month)s, %(egress_gb)s, %(nodes)s)",
            {"version": each.version, "currency": prices.currency} | values,
        )
        added.append(each.version)
    return added


def _values(version: Version) -> dict[str, object]:
    values: dict[str, object] = version.model_dump(exclude={"version"})
    return values | {"nodes": {name: str(price) for name, price in version.nodes.items()}}
