"""The pool of database connections, transactions, and migrations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from typing import Any, TypeAlias

import orjson
import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from .errors import DatabaseUnavailable, MigrationChanged, ValueNotStorable

Connection: TypeAlias = psycopg.AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
# Name -> SHA-256 of what is applied in; (name, SQL) of what is missing out, in order.
MigrationSource: TypeAlias = Callable[[Mapping[str, str]], Iterator[tuple[str, str]]]

# Any number, the same in every process: only one of them migrates.
MIGRATION_LOCK = 0x5E17A6E


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # half a character, an integer beyond 64 bits: PostgreSQL says what it thinks of it
        return json.dumps(value).encode()


# Several times faster than the standard library, of which every statement of a run felt something.
set_json_dumps(_dumps)
set_json_loads(orjson.loads)


async def only_one(connection: Connection, lock: int) -> bool:
    """Whether no other process holds the lock; it is then ours until the transaction ends."""
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s) AS ours", [lock])
    row = await cursor.fetchone()
    return bool(row and row["ours"])


class Database:
    """A pool on one event loop. Every statement of a `transaction()` is kept or none is."""

    def __init__(self, url: str, size: int, wait_seconds: float = 10.0) -> None:
        self.url = url
        self.pool: Pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=wait_seconds,
            kwargs={"row_factory": dict_row},
            # A connection the server has closed is replaced, so a restart of PostgreSQL costs one look-up.
            check=_check,
            open=False,
        )

    async def open(self) -> None:
        try:
            await self.pool.open(wait=True)
        except PoolTimeout as cause:
            await self.pool.close()
            raise DatabaseUnavailable(cause="no connection within the time limit") from cause

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction. Raises DatabaseUnavailable when the database is out of reach, ValueNotStorable for text with
        NUL and numbers beyond their column."""
        try:
            async with self.pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as cause:
            raise DatabaseUnavailable(cause=type(cause).__name__) from cause
        except psycopg.DataError as cause:
            raise ValueNotStorable(cause=type(cause).__name__) from cause

    def statement(self) -> AbstractAsyncContextManager[Connection]:
        """For one statement that is a transaction of its own: one round trip instead of three. Raises as above."""
        return _Statement(self.pool)


class _Statement:
    """Without the generators of `transaction()`, which would take a good part of a short statement's time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._pool.getconn()
        except (psycopg.OperationalError, PoolTimeout) as cause:
            raise DatabaseUnavailable(cause=type(cause).__name__) from cause
        await self._connection.set_autocommit(True)
        return self._connection

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not self._connection.closed:
            await self._connection.set_autocommit(False)
        await self._pool.putconn(self._connection)
        if isinstance(error, psycopg.OperationalError):
            raise DatabaseUnavailable(cause=type(error).__name__) from error
        if isinstance(error, psycopg.DataError):
            raise ValueNotStorable(cause=type(error).__name__) from error


async def _check(connection: Connection) -> None:
    """Whether the server has closed the connection, without asking it: it says so when it does.

    Reads what has come, twice, since the first may be its farewell. Raises OperationalError.
    """
    for _ in range(2):
        connection.pgconn.consume_input()


def pending(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(name, SQL) of gateway/migrations that are not in `known` (name -> SHA-256), in order.

    Raises MigrationChanged when an applied one reads otherwise now.
    """
    files = (entry for entry in resources.files("gateway.migrations").iterdir() if entry.name.endswith(".sql"))
    for entry in sorted(files, key=lambda entry: entry.name):
        name, sql = entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")
        if name not in known:
            yield name, sql
        elif known[name] != _digest(sql):
            raise MigrationChanged(name=name)


async def migrate(database: Database, *sources: MigrationSource) -> list[str]:
    """Applies what each source says is missing, each migration in its own transaction; names of those applied.

    Processes that start together wait for each other.
    """
    applied = []
    async with database.pool.connection() as connection:
        await connection.set_autocommit(True)
        try:
            await connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations"
                " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            cursor = await connection.execute("SELECT name, sha256 FROM schema_migrations")
            known = {row["name"]: row["sha256"] for row in await cursor.fetchall()}
            for name, sql in [migration for source in sources for migration in source(known)]:
                async with connection.transaction():
                    if sql:
                        await connection.execute(sql.encode())
                    await connection.execute(
                        "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)", [name, _digest(sql)]
                    )
                applied.append(name)
        finally:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
            await connection.set_autocommit(False)
    return applied


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
