"""`selvage serve`: the whole set until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import click

from gateway.access.settings import AccessSettings
from services.kit import logs
from services.kit.rpc import TlsSettings, stop_asked
from services.kit.settings import load_all

from .embedded import home_folder, running


def run(*, rest: str, grpc: str, workers: int | None, home: Path | None) -> None:
    """Serves REST and gRPC at these addresses. Raises AddressInUse and what the parts raise when they start."""
    logs.configure()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(rest, grpc, workers, home))


async def _serve(rest: str, grpc: str, workers: int | None, home: Path | None) -> None:
    stopped = stop_asked()
    access, tls = load_all(AccessSettings, TlsSettings)
    scheme = "https" if tls.certificate else "http"
    async with running(home, workers=workers, rest=rest, grpc=grpc, access=access, tls=tls) as parts:
        click.echo(f"REST     {scheme}://{parts.rest}/v1    (docs/rest.md)")
        click.echo(f"metrics  {scheme}://{parts.rest}/metrics")
        click.echo(f"gRPC     {parts.grpc}")
        click.echo(f"home     {home_folder(home)}")
        await stopped.wait()
        click.echo("Stopping; photos in progress are given back.")
