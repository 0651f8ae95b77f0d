"""The commands that set up what a cluster starts on: tables and bucket. Each may run again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.kit.store.s3 import S3Store
from tests.parts import minio, postgres


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        check=False,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def empty_database() -> Iterator[str]:
    with postgres.running() as url:
        yield url


def test_migrating_twice_is_migrating_once(empty_database: str) -> None:
    for _ in range(2):
        done = run("gateway", "migrate", SELVAGE_GATEWAY_DATABASE_URL=empty_database)
        assert done.returncode == 0, done.stderr
    assert '"migrations": 0' in done.stderr
    with psycopg.connect(empty_database) as connection:
        row = connection.execute("SELECT count(*) FROM schema_migrations WHERE name = '0001_jobs'").fetchone()
    assert row == (1,)


def test_migrating_nothing_says_what_to_set() -> None:
    done = run("gateway", "migrate")
    assert done.returncode == 1
    assert "SELVAGE_GATEWAY_DATABASE_URL" in done.stderr


def test_an_unknown_command_starts_nothing() -> None:
    done = run("gateway", "migrat")
    assert done.returncode == 1
    assert "There is no command migrat" in done.stderr


def test_the_bucket_is_made_once(tmp_path: Path) -> None:
    with minio.running(tmp_path) as server:
        variables = server.variables("fresh")
        for _ in range(2):
            done = run("services.kit.store", **variables)
            assert done.returncode == 0, done.stderr
        store = S3Store(server.settings("fresh"))
        store.put("a/b", b"x", "text/plain")
        assert store.get("a/b") == b"x"
        wrong = run("services.kit.store", **(variables | {"SELVAGE_STORE_SECRET_KEY": "not the secret"}))
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr


def test_a_folder_needs_no_bucket() -> None:
    done = run("services.kit.store", SELVAGE_STORE_URL="file:///nowhere")
    assert done.returncode == 1
    assert "a folder needs no set-up" in done.stderr
