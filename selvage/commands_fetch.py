"""`selvage fetch`: the result files of a job of a server into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from selvage.client import Client, Fetched
from selvage.commands_server import AS_JSON, at_server, code, echo_json
from selvage.process.progress import Bar
from selvage.process.ready import prepare


@click.command(short_help="Fetch the results of a job of a server.")
@click.argument("job_id", metavar="JOB")
@at_server
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the results; made when it is not there.",
)
@click.option("--only", default="", metavar="NAMES", help="Some files only, e.g. 'cutout,psd,export:*'. Default: all.")
@click.option("--pairs", is_flag=True, help="The approved images' photos and alphas, for `selvage finetune`.")
@AS_JSON
def fetch(client: Client, job_id: str, out: Path, only: str, pairs: bool, as_json: bool) -> None:
    """Fetch the result files of a job: a folder a SKU, masks in a folder there. Files that are there with the right
    content are left alone, and half-fetched ones are finished, so the same command again costs little.

    With --pairs the folder gets images/ and alpha/ instead, files of the same names, as `selvage finetune` takes them;
    several jobs may fill it.

    Exit code: 0 all is well, 1 images failed or were cancelled, 2 the command could not be carried out, 130
    interrupted.

    \b
    Examples:
      selvage fetch 01a20a60-faab-709b-9f7a-6c651182ea5a --out READY
      selvage fetch $JOB --out READY --only 'cutout,psd,export:*'
      selvage fetch $JOB --out labelled --pairs
    """
    if pairs and only:
        raise click.UsageError("--pairs fetches photos and alphas: leave --only out.")
    prepare(out)
    job = client.job(job_id)
    names = [name.strip() for name in only.split(",") if name.strip()]
    images: set[str] = set()
    with Bar(Console(stderr=True), job.counts.get("total", 0)) as bar:

        def note(fetched: Fetched) -> None:
            images.add(fetched.image.image_id)
            bar.phase("Fetching", completed=len(images))

        bar.phase("Fetching")
        if pairs:
            files = client.download_pairs(job_id, out, on_file=note)
        else:
            files = client.download_all(job_id, out, only=names, on_file=note)
    if as_json:
        echo_json([_told(one) for one in files])
    else:
        fresh = sum(one.fresh for one in files)
        click.echo(f"{fresh} file(s) fetched, {len(files) - fresh} were there: {out}")
    sys.exit(code(job))


def _told(one: Fetched) -> dict[str, object]:
    image = one.image
    names = {"image_id": image.image_id, "sku": image.sku, "image_no": image.image_no, "state": image.state}
    return names | {"name": one.file.name, "path": one.path, "sha256": one.file.sha256, "fresh": one.fresh}
