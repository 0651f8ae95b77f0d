"""The embedded PostgreSQL: shared, found again, stopped by the last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from gateway import embedded

ROOT = Path(__file__).resolve().parents[3]
# Holds the server until its input ends.
HOLDER = """
import sys
from pathlib import Path
from gateway import embedded
server = embedded.start(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
server.leave()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="selvage-test-") as name:
        yield Path(name)
        pid = server_pid(Path(name))
        if pid is not None:
            os.kill(pid, signal.SIGQUIT)


def server_pid(folder: Path) -> int | None:
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    except FileNotFoundError:
        return None
    return pid if psutil.pid_exists(pid) else None


def hold(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


@pytest.mark.parametrize("tcp", [False, True])
def test_what_was_written_is_there_after_a_restart(folder: Path, tcp: bool) -> None:
    server = embedded.start(folder, tcp=tcp)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.leave()
    assert server_pid(folder) is None
    again = embedded.start(folder, tcp=tcp)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]
    again.leave()


def test_a_wrong_password_is_refused(folder: Path) -> None:
    server = embedded.start(folder)
    password = (folder / "password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password, "guess"))
    server.leave()
    assert (folder / "password").stat().st_mode & 0o077 == 0


def test_processes_share_it_and_the_last_one_stops_it(folder: Path) -> None:
    other = hold(folder)
    server = embedded.start(folder)
    pid = server_pid(folder)
    assert pid is not None
    server.leave()
    assert server_pid(folder) == pid
    end(other)
    assert server_pid(folder) is None


def test_users_in_one_process_are_counted(folder: Path) -> None:
    first, second = embedded.start(folder), embedded.start(folder)
    first.leave()
    first.leave()
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.leave()
    assert server_pid(folder) is None


def test_a_killed_user_does_not_keep_it_running(folder: Path) -> None:
    other = hold(folder)
    pid = server_pid(folder)
    other.kill()
    other.communicate()
    assert server_pid(folder) == pid  # nobody was left to stop it
    server = embedded.start(folder)
    assert server_pid(folder) == pid
    server.leave()
    assert server_pid(folder) is None


def test_it_recovers_when_the_server_itself_was_killed(folder: Path) -> None:
    server = embedded.start(folder)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    pid = server_pid(folder)
    assert pid is not None
    killed = psutil.Process(pid)
    killed.kill()
    killed.wait(60)
    server.leave()
    again = embedded.start(folder)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]
    again.leave()


def test_a_pid_file_that_names_another_program_is_stale(folder: Path) -> None:
    server = embedded.start(folder)
    server.leave()
    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n0\n5432\n\n\n0 0\nready\n")
    again = embedded.start(folder)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    again.leave()


def test_a_long_path_still_has_a_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    server = embedded.start(deep)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.leave()
