"""How long one claim takes with so many tasks waiting, of three shops in three queues."""

from __future__ import annotations

import time

import psycopg

from gateway.db import Database
from gateway.engine import Engine
from gateway.ids import uuid7

CLAIMS = 500


async def milliseconds(url: str, depth: int) -> list[float]:
    """Of single claims by a connection that has planned them while the queue was empty."""
    database = Database(url, 3)
    await database.open()
    engine = Engine(database)
    await engine.open()
    found = []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=0) as worker:
        for _ in range(10):
            await worker.execute("SELECT * FROM claim_task(NULL)")
        for part in range(9):
            async with database.transaction() as connection:
                images = [uuid7() for _ in range(depth // 9 + (part < depth % 9))]
                await engine.defer(connection, f"shop{part % 3}", images, ("rush", "normal", "bulk")[part // 3])
        for _ in range(min(CLAIMS, depth)):
            started = time.perf_counter()
            await worker.execute("SELECT * FROM claim_task(NULL)")
            found.append((time.perf_counter() - started) * 1000)
    await database.close()
    return found
