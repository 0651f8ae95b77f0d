"""Migrations, append-only tables, and a database that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from gateway import db, engine
from gateway.db import Database
from gateway.errors import DatabaseUnavailable, MigrationChanged
from tests.parts.house import House


@pytest.fixture
async def empty(postgres: str) -> AsyncIterator[str]:
    """A database nothing was done to."""
    name = f"empty_{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as connection:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_processes_that_start_together_migrate_once(empty: str) -> None:
    databases = [Database(empty, 3) for _ in range(3)]
    for database in databases:
        await database.open()
    applied = await asyncio.gather(*(db.migrate(each, engine.pending, db.pending) for each in databases))
    assert sorted(map(len, applied))[:2] == [0, 0]
    assert "0001_jobs" in max(applied, key=len)
    async with databases[0].transaction() as connection:
        cursor = await connection.execute("SELECT count(*) AS n FROM schema_migrations")
        assert await cursor.fetchone() == {"n": len(max(applied, key=len))}
    for database in databases:
        await database.close()


async def test_a_newer_procrastinate_brings_only_what_is_new(empty: str) -> None:
    database = Database(empty, 3)
    await database.open()
    await db.migrate(database, engine.pending)
    async with database.transaction() as connection:
        await connection.execute(
            "DELETE FROM schema_migrations WHERE name = 'procrastinate/03.04.00_50_post_add_retry_failed_job_procedure'"
        )
        cursor = await connection.execute("SELECT name, sha256 FROM schema_migrations")
        known = {row["name"]: row["sha256"] for row in await cursor.fetchall()}
    missing = list(engine.pending(known))
    assert [name for name, _ in missing] == ["procrastinate/03.04.00_50_post_add_retry_failed_job_procedure"]
    assert missing[0][1]
    await database.close()


def test_a_migration_that_was_changed_afterwards_is_refused() -> None:
    name = next(iter(db.pending({})))[0]
    with pytest.raises(MigrationChanged):
        list(db.pending({name: "0" * 64}))


async def test_the_audit_can_only_grow(house: House) -> None:
    await house.ended((await house.job(1)).job_id)
    for statement in ("UPDATE decisions SET reason = 'x'", "DELETE FROM decisions", "DELETE FROM events"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            await house.rows(statement)


async def test_no_database_is_said_so() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", 3, wait_seconds=0.3)
    with pytest.raises(DatabaseUnavailable):
        await database.open()


async def test_images_survive_a_restart_of_the_database(make_house: Callable[..., Any], tmp_path: Path) -> None:
    """Every connection is cut in mid-run; the worker comes back and each image ends once."""
    house: House = await make_house(database_connections=5)
    release = house.behaviour.hold["segment"] = asyncio.Event()
    job = await house.job(1, 2, 3)
    await house.behaviour.begun["segment"].wait()
    await house.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    release.set()
    for _ in range(200):
        answer = await house.rest.get(f"/v1/jobs/{job.job_id}")
        if answer.status_code == 200 and answer.json()["job"]["state"] == "JOB_STATE_FINISHED":
            break
        await asyncio.sleep(0.1)
    assert answer.json()["job"]["counts"]["approved"] == 3
    finished = await house.rows("SELECT count(*) FROM events WHERE kind = 'finished' GROUP BY image_id")
    assert finished == [(1,), (1,), (1,)]
