"""`selvage doctor --deployed` on a real store, database and gateway: what is wrong with each is told apart."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import minio.time
import psycopg
import pytest

from selvage import doctor
from selvage.doctor import Finding, database
from selvage.doctor.store import use
from services.kit.store.folder import FolderStore
from services.kit.store.port import StoredObject
from services.kit.store.s3 import S3Store
from services.segment import models
from tests.parts.house import House
from tests.parts.minio import Minio

pytestmark = pytest.mark.minio
PARTS = ["store", "model", "database", "schema", "segment", "matting", "compose", "gateway", "clock"]
Rounds = Callable[..., Any]


@pytest.fixture
def rounds(
    minio: Minio, database_url: str, service_address: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Asks the doctor of everything; `settings` are further SELVAGE_ variables. Findings by part."""

    async def ask(house: House | None, now: Callable[[], float] = time.time, **settings: str) -> dict[str, Finding]:
        variables = minio.variables() | {"SELVAGE_GATEWAY_DATABASE_URL": database_url}
        variables |= {f"SELVAGE_GATEWAY_{name}_ADDRESS": service_address for name in ("SEGMENT", "MATTING", "COMPOSE")}
        for name, value in (variables | {f"SELVAGE_{name}": value for name, value in settings.items()}).items():
            monkeypatch.setenv(name, value)
        server = f"http://{house.gateway.rest_address}" if house else ""
        found = await asyncio.to_thread(doctor.deployed, server, now=now)
        assert len({finding.part for finding in found}) == len(found)
        assert all(finding.repair for finding in found if not finding.well)
        return {finding.part: finding for finding in found}

    return ask


def wrong(found: dict[str, Finding]) -> list[str]:
    return [part for part in PARTS if part in found and not found[part].well]


async def test_all_is_well(house: House, rounds: Rounds) -> None:
    found = await rounds(house)
    assert wrong(found) == []
    assert set(found) == {"selvage", "disk", *PARTS}
    assert "store" in found["clock"].detail and "database" in found["clock"].detail
    assert "gateway" in found["clock"].detail
    manifest = models.read(models.find(models.DEFAULT))
    assert manifest.version in found["model"].detail and manifest.sha256[:12] in found["model"].detail


@pytest.mark.parametrize(
    ("variable", "value", "said", "repair"),
    [
        ("STORE_SECRET_KEY", "wrong-secret", "SignatureDoesNotMatch", "SELVAGE_STORE_SECRET_KEY"),
        ("STORE_ACCESS_KEY", "nobody", "InvalidAccessKeyId", "SELVAGE_STORE_ACCESS_KEY"),
        ("STORE_URL", "s3://not-made-yet", "no bucket not-made-yet", "python -m services.kit.store"),
        ("STORE_ENDPOINT", "127.0.0.1:1", "does not answer", "SELVAGE_STORE_ENDPOINT"),
        ("STORE_SECURE", "true", "does not answer", "SELVAGE_STORE_SECURE"),
    ],
)
async def test_a_store_that_cannot_be_used(rounds: Rounds, variable: str, value: str, said: str, repair: str) -> None:
    found = await rounds(None, **{variable: value, "STORE_RETRIES": "0"})
    assert wrong(found) == ["store"]
    assert said in found["store"].detail
    assert repair in found["store"].repair


async def test_the_repair_of_a_missing_bucket_repairs(minio: Minio, rounds: Rounds) -> None:
    assert wrong(await rounds(None, STORE_URL="s3://made-by-repair")) == ["store"]
    await asyncio.to_thread(S3Store(minio.settings("made-by-repair")).ensure_bucket)
    assert wrong(await rounds(None)) == []


async def test_a_clock_that_is_off(house: House, rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await rounds(house, now=lambda: time.time() + 3600)
    assert wrong(found) == ["clock"]
    assert [part for part in ("store", "database", "gateway") if f"{part} -3" in found["clock"].detail] == [
        "store", "database", "gateway",
    ]  # fmt: skip
    assert "NTP" in found["clock"].repair
    # The SDK signs by a clock that is an hour behind: a real store refuses that.
    monkeypatch.setattr(minio.time, "utcnow", lambda: datetime.now(UTC) - timedelta(hours=1))
    found = await rounds(house)
    assert wrong(found) == ["store"]
    assert "RequestTimeTooSkewed" in found["store"].detail and "NTP" in found["store"].repair


async def test_a_database_that_cannot_be_used(
    database_url: str, postgres: str, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = await rounds(None, GATEWAY_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert wrong(away) == ["database"] and "SELVAGE_GATEWAY_DATABASE_URL" in away["database"].repair
    unnamed = await rounds(None, GATEWAY_DATABASE_URL="")
    assert wrong(unnamed) == ["database"]
    empty = await rounds(None, GATEWAY_DATABASE_URL=urlunsplit(urlsplit(postgres)._replace(path="/postgres")))
    assert wrong(empty) == ["schema"] and "gateway migrate" in empty["schema"].repair
    monkeypatch.setattr(database, "OLDEST", 99)
    old = await rounds(None, GATEWAY_DATABASE_URL=database_url)
    assert wrong(old) == ["database"] and "older than 99" in old["database"].detail


async def test_tables_of_another_version(database_url: str, rounds: Rounds) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE name = '0001_jobs'")
        older = await rounds(None)
        connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES ('9999_from_tomorrow', 'x')")
        newer = await rounds(None)
    assert wrong(older) == wrong(newer) == ["schema"]
    assert "lack 0001_jobs" in older["schema"].detail and "gateway migrate" in older["schema"].repair
    assert "9999_from_tomorrow" in newer["schema"].detail and "gateway migrate" not in newer["schema"].repair


async def test_services_and_gateways_that_are_not_there_or_of_another_version(house: House, rounds: Rounds) -> None:
    away = await rounds(house, GATEWAY_MATTING_ADDRESS="127.0.0.1:1")
    assert wrong(away) == ["matting"] and "SELVAGE_GATEWAY_MATTING_ADDRESS" in away["matting"].repair
    house.behaviour.version = "0.0.1"
    other = await rounds(house, GATEWAY_MATTING_ADDRESS=house.gateway.grpc_address)
    assert wrong(other) == ["segment", "matting", "compose"]
    assert "0.0.1" in other["segment"].detail and "one version" in other["segment"].repair


async def test_an_address_at_which_something_else_answers(
    minio: Minio, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rounds(None)
    found = await asyncio.to_thread(doctor.deployed, f"http://{minio.endpoint}")
    assert [finding.part for finding in found if not finding.well and finding.part in PARTS] == ["gateway"]
    found = await asyncio.to_thread(doctor.deployed, "http://127.0.0.1:1")
    assert [finding.part for finding in found if not finding.well and finding.part in PARTS] == ["gateway"]


async def test_a_model_that_is_not_what_its_manifest_says(rounds: Rounds, tmp_path: Path) -> None:
    folder = shutil.copytree(models.find(models.DEFAULT), tmp_path / "model")
    weights = folder / json.loads((folder / "model.json").read_text())["file"]
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    found = await rounds(None, SEGMENT_MODEL=str(folder), SEGMENT_MODELS=str(tmp_path / "none"))
    assert wrong(found) == ["model"] and "sha256" in found["model"].detail
    assert not found["own models"].well and "SELVAGE_SEGMENT_MODELS" in found["own models"].repair


class Careless(FolderStore):
    """Does not know conditional writes, as some S3 services do not."""

    def put_file(self, key: str, path: Path, media_type: str, *, only_new: bool = False) -> StoredObject:
        return super().put_file(key, path, media_type)


def test_a_store_without_conditional_writes(tmp_path: Path) -> None:
    careless = Careless(tmp_path / "store")
    with pytest.raises(doctor.Unwell, match="If-None-Match"):
        use(careless, tmp_path)
    assert list(careless.list("")) == []
