"""The command `selvage`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import selvage
from selvage.commands_costs import costs
from selvage.commands_fetch import fetch
from selvage.commands_jobs import cancel, decide, retry
from selvage.commands_keys import keys, quotas
from selvage.commands_submit import submit
from selvage.commands_template import template
from selvage.commands_train import COMMANDS
from selvage.commands_watch import status, watch
from selvage.endings import CANNOT, DONE, SOME_FAILED, interruptible
from selvage.options import CSV, PROFILE, RECURSIVE, SHOP
from services.kit.errors import SelvageError

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_HOME = click.option(
    "--home",
    type=_FOLDER,
    envvar="SELVAGE_HOME",
    help="Folder of the database and the store. Default: the user's data folder.",
)


class _Commands(click.Group):
    """Errors of the table end a command with their sentence, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SelvageError as error:
            click.echo(f"Error: {error.message}", err=True)
            sys.exit(CANNOT)


def _examples(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Examples at the end of a command's help, as they are typed."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        lines = "\n".join(f"  {line}" for line in text.strip().splitlines())
        function.__doc__ = f"{function.__doc__}\n\n    \b\n    Examples:\n" + "\n".join(
            f"    {line}" for line in lines.splitlines()
        )
        return function

    return add


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(selvage.__version__, prog_name="selvage")
def main() -> None:
    """Raw product photos in, publish-ready images out.

    `selvage process` does everything on this machine; nothing needs to be set up. `selvage submit` and its companions
    talk to a server. `selvage COMMAND --help` shows examples.
    """
    # PostgreSQL is started beside gRPC, which would comment on every fork; nothing of ours forks to go on in Python.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")


@main.command(short_help="Cut out, matte and compose a folder of photos.")
@click.argument("photos", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=_FOLDER, required=True, help="Folder for the results; made when it is not there.")
@click.option("--template", default="", help="Template of all photos. Default: studio-white.")
@PROFILE
@CSV
@RECURSIVE
@click.option("--workers", type=click.IntRange(1, 256), help="Photos in progress at once. Default: 2.")
@SHOP
@_HOME
@click.option("--json", "as_json", is_flag=True, help="Print the manifest to standard output instead of the table.")
@_examples(
    """
selvage process photos --out READY
selvage process photos --out READY --template studio-paper-cream --workers 4
selvage process shoot --out READY --csv list.csv --recursive
selvage process photos --out READY --json | jq '.images[] | select(.status != "approved")'
"""
)
def process(photos: Path, out: Path, csv_file: Path | None, as_json: bool, **options: Any) -> None:
    """Cut out, matte and compose every photo of the folder PHOTOS.

    SKU and image number come from the file name (SKU_IMAGE.ext, else the stem and 1) or from --csv. Every file that
    is not hidden is taken for a photo, except sidecars such as .txt, .csv and .xmp. One bad photo never stops the
    others.

    The results: one folder a SKU, report.html to look at, manifest.json for scripts. The same command again takes up
    where it ended and redoes nothing.

    Exit code: 0 nothing failed, 1 some photos failed, 2 the command could not be carried out, 130 interrupted.
    """
    from selvage.process import run, summary  # noqa: PLC0415 - the other commands start without it

    console = Console(stderr=as_json or not sys.stdout.isatty())
    with interruptible("Stopped. What is finished is kept; run the same command again to go on."):
        outcome = run.run(run.Options(photos, out, csv=csv_file, **options), Console(stderr=True))
    if as_json:
        click.echo(json.dumps(outcome.manifest, indent=2, ensure_ascii=False))
    else:
        console = Console()
        summary.show(console, outcome.entries, out)
    sys.exit(SOME_FAILED if outcome.failed else DONE)


@main.command(short_help="Keep the set up with REST, gRPC and /metrics.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=7480, show_default=True, help="Port of REST; 0 picks one."
)
@click.option("--grpc-port", type=click.IntRange(0, 65535), default=7400, show_default=True, help="Port of gRPC.")
@click.option("--workers", type=click.IntRange(1, 256), help="Photos in progress at once. Default: 2.")
@_HOME
@_examples(
    """
selvage serve
selvage serve --port 8080 --workers 4
curl http://127.0.0.1:7480/readyz
"""
)
def serve(host: str, port: int, grpc_port: int, workers: int | None, home: Path | None) -> None:
    """Keep the whole set up: REST, gRPC, workers and /metrics, until Ctrl-C."""
    from selvage import serve as serving  # noqa: PLC0415

    serving.run(rest=f"{host}:{port}", grpc=f"{host}:{grpc_port}", workers=workers, home=home)


@main.command(short_help="Render sample photos with known alpha.")
@click.argument("out", type=_FOLDER)
@click.option("--count", type=click.IntRange(1, 10_000), default=6, show_default=True, help="How many photos.")
@click.option("--size", type=click.IntRange(64, 6000), default=2000, show_default=True, help="Long side in pixels.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, other photos.")
@click.option("--truth", is_flag=True, help="Also write the true alpha to OUT/truth, 16-bit PNG.")
@_examples(
    """
selvage samples samples
selvage samples samples --count 24 --size 3000 --seed 7 --truth
"""
)
def samples(out: Path, count: int, size: int, seed: int, truth: bool) -> None:
    """Render product photos whose true alpha is known: garment, bag, mesh, fringe, shoe, ring.

    `selvage process OUT` takes the photos only; it looks into OUT/truth with --recursive alone.
    """
    from selvage.samples.write import write  # noqa: PLC0415

    for path in write(out, count=count, size=size, seed=seed, truth=truth):
        click.echo(path)


@main.command(short_help="List the marketplaces whose rules exports can follow.")
def presets() -> None:
    """List the presets a template's exports may name: `exports: [{name: main, preset: amazon_main}]`.

    After rendering, the finished file is checked against every rule of its preset.
    """
    from services.compose.presets import library, table  # noqa: PLC0415

    shown = Table("preset", "made as", "background, shadow", "verified, expires", box=None, pad_edge=False)
    for name, made, ground, *_, days in table.rows(list(library.presets().values())):
        shown.add_row(name, made, ground, days)
    Console().print(shown)


@main.command(short_help="Check every part and say how to repair it.")
@_HOME
@click.option("--deployed", is_flag=True, help="Check what the settings name, and start nothing.")
@click.option("--server", envvar="SELVAGE_SERVER", default="", help="With --deployed: address of the gateway's REST.")
@click.option("--ca", envvar="SELVAGE_CA", type=_FILE, help="CA certificates of the gateway, PEM. Or SELVAGE_CA.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@_examples(
    """
selvage doctor
docker run --rm --env-file env selvage/tools selvage doctor --deployed --server http://gateway:7480
"""
)
def doctor(home: Path | None, deployed: bool, server: str, ca: Path | None, as_json: bool) -> None:
    """Check every part and say how to repair what is wrong.

    Without --deployed the set is started on this machine for it, as `process` does. With it the parts that the settings
    name are asked: the store, the database, the three services, Triton and the gateway.

    Exit code: 0 all is well, 1 something is wrong.
    """
    from selvage import doctor as examination  # noqa: PLC0415

    findings = examination.deployed(server, verify=ca or True) if deployed else examination.examine(home)
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in findings], indent=2))
    else:
        examination.show(Console(), findings)
    sys.exit(DONE if all(finding.well for finding in findings) else SOME_FAILED)


for _command in (template, submit, status, watch, fetch, retry, cancel, decide, keys, quotas, costs, *COMMANDS):
    main.add_command(_command)
