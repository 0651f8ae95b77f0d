"""`selvage` as people start it: a process of its own, and what it leaves in the folder and the database."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

import gateway.embedded

# A test run in the background of a script inherits an ignored SIGINT; a terminal's process does not.
SELVAGE = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from selvage.cli import main; main()",
]
# Nothing of the machine's own settings may leak into a test; numba's cache saves a minute a process.
KEPT = ("PATH", "HOME", "LANG", "NUMBA_CACHE_DIR", "OMP_NUM_THREADS", "TMPDIR", "SYSTEMROOT")
LONGEST = 600


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of its own: pytest takes the right to pass through its own ones away at every start, and the user
    that PostgreSQL runs as under root needs it."""
    with tempfile.TemporaryDirectory(prefix="selvage-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return kept | {"SELVAGE_HOME": str(home), "COLUMNS": "200", "PYTHONWARNINGS": "error::ResourceWarning"}


def run(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SELVAGE, *map(str, arguments)],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


@dataclass
class Started:
    """A running command in a process group of its own; `lines` is its standard error so far."""

    process: subprocess.Popen[str]
    lines: list[str]

    def wait_for(self, beginning: str) -> None:
        """Until a line begins so. Fails when the command ends before."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if line.startswith(beginning):
                return
        raise AssertionError(f"it ended without {beginning!r}:\n{''.join(self.lines)}")

    def send(self, number: signal.Signals) -> int:
        """Signals the whole group, waits for the end; the exit code."""
        os.killpg(self.process.pid, number)
        _, rest = self.process.communicate(timeout=120)
        self.lines.append(rest)
        return self.process.returncode


def start(home: Path, *arguments: str | Path) -> Started:
    process = subprocess.Popen(
        [*SELVAGE, *map(str, arguments)],
        env=environment(home) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return Started(process, [])


@contextmanager
def serving(base: Path) -> Iterator[str]:
    """http://host:port of a `selvage serve` of its own with its home in `base`; it must stop cleanly on SIGTERM."""
    log = base / "log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [*SELVAGE, "serve", "--port", "0", "--grpc-port", "0"],
            env=environment(base / "home"),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout is not None
        found = re.search(r"http://[^/\s]+:\d+", process.stdout.readline())
        if found is None:
            process.communicate(timeout=120)
            raise AssertionError(log.read_text(encoding="utf-8"))
        try:
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, log.read_text(encoding="utf-8")
        assert "given back" in said


def manifest(out: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return body


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows out of the home's embedded database."""
    server = gateway.embedded.start(home / "postgres")
    try:
        with psycopg.connect(server.url) as connection:
            return connection.execute(sql.encode()).fetchall()
    finally:
        server.leave()
