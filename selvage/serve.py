"""`selvage serve`: the whole set until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import click

from services.kit import logs

from .embedded import home_folder, running


def run(*, rest: str, grpc: str, workers: int | None, home: Path | None) -> None:
    """Serves REST and gRPC at these addresses. Raises AddressInUse and what the parts raise when they start."""
    logs.configure()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(rest, grpc, workers, home))


async def _serve(rest: str, grpc: str, workers: int | None, home: Path | None) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run instead
            loop.add_signal_handler(number, stopped.set)
    async with running(home, workers=workers, rest=rest, grpc=grpc) as parts:
        click.echo(f"REST     http://{parts.rest}/v1    (docs/rest.md)")
        click.echo(f"metrics  http://{parts.rest}/metrics")
        click.echo(f"gRPC     {parts.grpc}")
        click.echo(f"home     {home_folder(home)}")
        await stopped.wait()
        click.echo("Stopping; photos in progress are given back.")
