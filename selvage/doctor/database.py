"""PostgreSQL: reachable, new enough, with the tables of this version and a clock that is right."""

from __future__ import annotations

from typing import Any

import psycopg

from gateway import db, engine
from gateway.errors import DatabaseNotNamed

from .chart import Chart, Unwell

OLDEST = 14
MIGRATE = "Run `python -m gateway migrate` of this version, with an account that may change tables."
NEWER = (
    "Move up to the version that made them. After a rollback the version before works on them meanwhile, since"
    " migrations only add; to stay on an older one, restore the dump taken before the upgrade."
)


async def check(chart: Chart, url: str, repair: str) -> None:
    """`repair`: where it cannot be reached."""
    with chart.watch("database", repair):
        if not url:
            raise DatabaseNotNamed()
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await _server(chart, connection)
            known = await _known(connection)
            await _schema(chart, known)


async def _server(chart: Chart, connection: psycopg.AsyncConnection[Any]) -> None:
    before = chart.now()
    row = await (await connection.execute("SELECT clock_timestamp()")).fetchone()
    assert row is not None
    chart.compare("database", row[0], before, chart.now())
    major, version = connection.info.server_version // 10_000, connection.info.parameter_status("server_version")
    with chart.watch("database", f"Move to PostgreSQL {OLDEST} or later (pg_upgrade, or pg_dump and restore)."):
        if major < OLDEST:
            raise Unwell(f"PostgreSQL {version} is older than {OLDEST}")
        chart.add("database", f"PostgreSQL {version}")


async def _known(connection: psycopg.AsyncConnection[Any]) -> dict[str, str]:
    """Digests of the migrations applied, by name."""
    made = await (await connection.execute("SELECT to_regclass('schema_migrations')")).fetchone()
    if made is None or made[0] is None:
        return {}
    rows = await (await connection.execute("SELECT name, sha256 FROM schema_migrations")).fetchall()
    return {str(name): str(digest) for name, digest in rows}


async def _schema(chart: Chart, known: dict[str, str]) -> None:
    ours = [name for source in (engine.pending, db.pending) for name, _ in source({})]
    foreign = sorted(known.keys() - set(ours))
    with chart.watch("schema", NEWER if foreign else MIGRATE):
        if foreign:
            raise Unwell(f"the tables are of a newer version, which made {', '.join(foreign)}")
        missing = [name for source in (engine.pending, db.pending) for name, _ in source(known)]
        if missing:
            shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            raise Unwell(f"the tables lack {shown}" if known else "there are no tables yet")
        last = max(name for name, _ in db.pending({}))
        chart.add("schema", f"{len(known)} migrations, the last of ours {last}")
