"""`python -m benchmarks.gateway`: coordination against bare Procrastinate, claims in long queues, bulk intake."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from gateway import db, embedded, engine
from gateway.db import Database
from services.kit import logs
from services.kit.store import StoreSettings, open_store

from . import bare, claims, intake, pipeline


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 16, 32])
    parser.add_argument("--depths", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--only", choices=["overhead", "claims", "intake"])
    arguments = parser.parse_args()
    logs.configure(level="ERROR")
    with tempfile.TemporaryDirectory(prefix="selvage-bench-") as folder:
        server = embedded.start(Path(folder) / "postgres")
        try:
            if arguments.only in (None, "overhead"):
                asyncio.run(overhead(server.url, Path(folder), arguments))
            if arguments.only in (None, "claims"):
                asyncio.run(claim_latency(server.url, arguments.depths))
            if arguments.only in (None, "intake"):
                asyncio.run(bulk_intake(server.url, Path(folder), arguments.rounds))
        finally:
            server.leave()


async def overhead(server: str, folder: Path, arguments: argparse.Namespace) -> None:
    with instant_services() as services:
        for workers in arguments.workers:
            ours, calling, idle, same = [], [], [], []
            for _ in range(arguments.rounds):
                store = open_store(StoreSettings(url=(folder / "store").as_uri()))
                photos = pipeline.put_photos(store, arguments.images)
                tasks = arguments.images * 2
                with database(server) as url:
                    idle.append(await bare.tasks_per_second(url, tasks, workers, schema=True))
                with database(server) as url:
                    calling.append(await bare.images_per_second(url, photos, workers, services))
                with database(server) as url:
                    await migrate(url)
                    same.append(await bare.tasks_per_second(url, tasks, workers, schema=False))
                    ours.append(await pipeline.images_per_second(url, folder / "store", services, photos, workers))
            print(
                f"{workers} in progress: gateway {told(ours)} images/s; bare Procrastinate whose tasks make the same"
                f" calls {told(calling)} images/s, ratio {told(_ratios(ours, calling), 2)}; whose tasks do nothing"
                f" {told(idle)} tasks/s (with our indexes and triggers {told(same)}), ratio"
                f" {told(_ratios(ours, idle), 2)}",
                flush=True,
            )


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


async def claim_latency(server: str, depths: list[int]) -> None:
    for depth in depths:
        with database(server) as url:
            await migrate(url)
            found = await claims.milliseconds(url, depth)
        print(
            f"{depth} waiting: claim {statistics.median(found):.2f} ms (median),"
            f" {statistics.quantiles(found, n=20)[-1]:.2f} ms (95 %)",
            flush=True,
        )


async def bulk_intake(server: str, folder: Path, rounds: int) -> None:
    seconds = []
    for _ in range(rounds):
        with database(server) as url:
            await migrate(url)
            seconds.append(await intake.seconds(url, folder / "store", 10_000))
    print(f"10,000 images in one call: {told(seconds, 2)} s", flush=True)


def told(values: list[float], digits: int = 0) -> str:
    """Median (least to most)."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


async def migrate(url: str) -> None:
    opened = Database(url, 3)
    await opened.open()
    await db.migrate(opened, engine.pending, db.pending)
    await opened.close()


@contextmanager
def database(server: str) -> Iterator[str]:
    """An empty database on the server."""
    name = f"bench_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def instant_services() -> Iterator[str]:
    """In a process of their own; their address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gateway.instant"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readlines(1)[0].strip()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
