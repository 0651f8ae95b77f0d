"""`selvage submit`: photos of this machine to a job of a server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from selvage.client import Client, Photo
from selvage.client.submission import PRIORITIES
from selvage.commands_server import AS_JSON, at_server, echo_json
from selvage.commands_watch import follow
from selvage.endings import DONE, SOME_FAILED
from selvage.options import CSV, PROFILE, RECURSIVE, SHOP
from selvage.process import csvfile, inputs
from selvage.process.progress import Bar


@click.command(short_help="Upload photos to a server and start a job.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@at_server
@SHOP
@click.option("--label", default="", help="Free text to know the job by.")
@click.option("--template", default="", help="Template of all photos. Default: the server's.")
@PROFILE
@click.option("--priority", type=click.Choice(PRIORITIES), default="normal", show_default=True, help="Who goes first.")
@CSV
@RECURSIVE
@click.option("--request-id", default="", help="Another one makes another job of the same photos.")
@click.option("--wait", is_flag=True, help="Watch the job until it has ended.")
@AS_JSON
def submit(
    client: Client,
    paths: tuple[Path, ...],
    shop: str,
    label: str,
    template: str,
    profile: str,
    priority: str,
    csv_file: Path | None,
    recursive: bool,
    request_id: str,
    wait: bool,
    as_json: bool,
) -> None:
    """Upload PATHS, photos and folders of photos, and start a job of them. Prints the job's id.

    The same command again finds the job made first instead of making another. A photo that cannot be read or is
    refused never stops the others.

    Exit code: 0 all is well, 1 some photos were not taken (with --wait: or failed), 2 the command could not be carried
    out, 130 interrupted.

    \b
    Examples:
      selvage submit photos --server https://selvage.example --label monday
      JOB=$(selvage submit photos/*.jpg --priority rush)
      selvage submit shoot --csv list.csv --recursive --wait
    """
    photos, notes = gather(paths, csv_file, recursive=recursive)
    with Bar(Console(stderr=True), len(photos)) as bar:
        for note in notes:
            bar.note(note)
        bar.phase("Uploading")
        job = client.submit(
            photos,
            shop=shop,
            label=label,
            template=template,
            profile=profile,
            priority=priority,
            request_id=request_id,
            partial=True,
            on_upload=lambda count: bar.phase("Uploading", completed=count),
        )
    for failed in job.failed_images:
        click.echo(f"{failed.source_name}: {failed.error.message}", err=True)
    if job.replayed:
        click.echo("These photos were submitted before with the same wishes; this is that job.", err=True)
    ending = SOME_FAILED if job.failed_images else DONE
    if wait:
        ending = max(ending, follow(client, job.job_id, as_json=as_json))
    elif as_json:
        echo_json(job)
    else:
        click.echo(job.job_id)
    sys.exit(ending)


def gather(paths: Sequence[Path], csv_file: Path | None, *, recursive: bool) -> tuple[list[Photo], list[str]]:
    """The photos of files and folders in their order, and sentences about what was not taken.

    Raises CsvInvalid and NoPhotos.
    """
    sources: list[inputs.Source] = []
    notes: list[str] = []
    for path in paths:
        if path.is_dir():
            found = inputs.find(path, recursive=recursive)
            sources += found.sources
            notes += found.notes
        else:
            sources.append(inputs.Source(path, path.name))
    if csv_file is not None:
        rows = csvfile.assign(csvfile.read(csv_file), [source.name for source in sources], csv_file)
        sources = [_named(source, rows.get(source.name)) for source in sources]
    return [_photo(source) for source in sources], notes


def _named(source: inputs.Source, row: csvfile.Row | None) -> inputs.Source:
    if row is None:
        return source
    return inputs.Source(
        source.path, source.name, row.sku, row.image_no, row.category, row.tier, row.shoot, row.template
    )


def _photo(source: inputs.Source) -> Photo:
    fields = (source.sku, source.image_no, source.shoot, source.category, source.tier, source.template)
    return Photo(source.path, source.name, *fields)
