"""What the commands that talk to a server share: its options, what they print and how they end."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from selvage.client import Client, Image, Job
from selvage.endings import DONE, SOME_FAILED, interruptible

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
# A person waits at the terminal: a server that is not there is said after about four seconds.
RETRIES = 3
STOPPED = "Stopped. The job goes on at the server; run the same command again to go on here."
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_OPTIONS = (
    click.option(
        "--server", envvar="SELVAGE_SERVER", default="", help="Address. Default: SELVAGE_SERVER, else this machine."
    ),
    click.option(
        "--api-key", envvar="SELVAGE_API_KEY", default="", help="Better in SELVAGE_API_KEY: others see command lines."
    ),
    click.option("--ca", envvar="SELVAGE_CA", type=_FILE, help="CA certificates of the server, PEM. Or SELVAGE_CA."),
    click.option("--cert", envvar="SELVAGE_CERT", type=_FILE, help="Client certificate and key. Or SELVAGE_CERT."),
)
_STYLES = {"approved": "green", "published": "green", "needs_review": "yellow", "in_edit": "yellow", "failed": "red"}
_SHOWN = 60


def at_server(function: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that name a server, and `client` as its first argument."""

    @functools.wraps(function)
    def command(server: str, api_key: str, ca: Path | None, cert: Path | None, **options: Any) -> None:
        with (
            interruptible(STOPPED),
            Client(server, api_key=api_key, verify=ca or True, cert=cert, retries=RETRIES) as client,
        ):
            function(client, **options)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def echo_json(value: Any, *, indent: int | None = 2) -> None:
    """Dataclasses as objects with the names of their fields."""
    click.echo(json.dumps(plain(value), indent=indent, ensure_ascii=False))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return str(value) if isinstance(value, Path) else value


def code(job: Job) -> int:
    """Of a command that tells how a job stands."""
    return SOME_FAILED if job.counts.get("failed") or job.counts.get("cancelled") or job.failed_images else DONE


def show(console: Console, job: Job, images: Iterable[Image]) -> None:
    """The images that are not approved with the reason in a sentence, then counts."""
    told = [image for image in images if image.state not in ("approved", "published")]
    if told:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("Image", "Photo", "State", "Why"):
            table.add_column(name, overflow="fold")
        for image in told[:_SHOWN]:
            style = _STYLES.get(image.state, "default")
            state = f"[{style}]{image.state.replace('_', ' ')}[/]"
            table.add_row(image.image_id, escape(image.source_name), state, escape(why(image)))
        console.print(table)
        if len(told) > _SHOWN:
            console.print(f"and {len(told) - _SHOWN} more; --json has them all.")
        console.print()
    counts = ", ".join(
        f"{number} {name.replace('_', ' ')}" for name, number in job.counts.items() if number and name != "total"
    )
    console.print(f"{job.job_id} {job.state}: {counts or 'nothing'} of {job.counts.get('total', 0)}", highlight=False)


def why(image: Image) -> str:
    """The error, or what made the machine doubt."""
    if image.error:
        return " ".join(image.error.message.split())
    return " ".join(reason.detail for reason in image.reasons)
