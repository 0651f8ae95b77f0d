"""`selvage status` and `selvage watch`: how a job of a server stands, and how it goes on."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from selvage.client import Client, Job
from selvage.commands_server import AS_JSON, at_server, code, echo_json, show
from selvage.process.progress import Bar


@click.command(short_help="Show how a job of a server stands.")
@click.argument("job_id", metavar="JOB")
@at_server
@AS_JSON
def status(client: Client, job_id: str, as_json: bool) -> None:
    """Show how a job stands: its counts, and every image that is not approved with the reason.

    Exit code: 0 all is well, 1 images failed or were cancelled, 2 the command could not be carried out.

    \b
    Examples:
      selvage status 01a20a60-faab-709b-9f7a-6c651182ea5a
      selvage status $JOB --json | jq '.images[] | select(.state == "needs_review") | .image_id'
    """
    job = client.job(job_id)
    if as_json:
        echo_json({"job": job, "images": list(client.images(job_id))})
    else:
        show(Console(), job, client.images(job_id))
    sys.exit(code(job))


@click.command(short_help="Follow a job of a server until it has ended.")
@click.argument("job_id", metavar="JOB")
@at_server
@AS_JSON
def watch(client: Client, job_id: str, as_json: bool) -> None:
    """Follow a job until every image has a result or waits for a person: a bar on a terminal, a line an image
    elsewhere, with --json one JSON object a line for every change.

    Exit code: 0 all is well, 1 images failed or were cancelled, 2 the command could not be carried out, 130
    interrupted; the job goes on.

    \b
    Examples:
      selvage watch 01a20a60-faab-709b-9f7a-6c651182ea5a
      selvage watch $JOB --json | jq -c '.images[] | {source_name, state}'
    """
    sys.exit(follow(client, job_id, as_json=as_json))


def follow(client: Client, job_id: str, *, as_json: bool) -> int:
    """Until the job has ended; the exit code."""
    job = _lines(client, job_id) if as_json else _bar(client, job_id)
    return code(job)


def _lines(client: Client, job_id: str) -> Job:
    for progress in client.watch(job_id):
        echo_json(progress, indent=None)
    return progress.job


def _bar(client: Client, job_id: str) -> Job:
    total = client.job(job_id).counts.get("total", 0)
    with Bar(Console(stderr=True), total) as bar:
        bar.begin_work(set(), 0)
        for progress in client.watch(job_id):
            for image in progress.images:
                bar.image(image)
    show(Console(), progress.job, client.images(job_id))
    return progress.job
