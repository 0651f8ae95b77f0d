"""`selvage retry`, `cancel` and `decide`: what changes a job or an image of a server."""

from __future__ import annotations

import sys

import click

from selvage.client import Client
from selvage.commands_server import AS_JSON, at_server, echo_json
from selvage.commands_watch import follow

STAGES = ("intake", "plate", "segment", "matting", "gate", "compose")


@click.command(short_help="Set failed images of a job to work again.")
@click.argument("job_id", metavar="JOB")
@click.argument("image_ids", nargs=-1, metavar="[IMAGE]...")
@at_server
@click.option("--from-stage", type=click.Choice(STAGES), help="Do the work again from there, even where it succeeded.")
@click.option("--wait", is_flag=True, help="Watch the job until it has ended.")
@AS_JSON
def retry(
    client: Client, job_id: str, image_ids: tuple[str, ...], from_stage: str | None, wait: bool, as_json: bool
) -> None:
    """Set images to work again: the named ones, else every failed one whose error a retry may mend. A failed image
    goes on where it stopped.

    Exit code: 0 it is done (with --wait: and nothing failed), 1 images failed, 2 the command could not be carried out.

    \b
    Examples:
      selvage retry 01a20a60-faab-709b-9f7a-6c651182ea5a
      selvage retry $JOB --from-stage segment $IMAGE --wait
    """
    done = client.retry(job_id, image_ids, from_stage=from_stage or "")
    if wait:
        sys.exit(follow(client, job_id, as_json=as_json))
    if as_json:
        echo_json(done)
    else:
        click.echo(f"{done.images} image(s) set to work")


@click.command(short_help="Stop a job of a server.")
@click.argument("job_id", metavar="JOB")
@at_server
@AS_JSON
def cancel(client: Client, job_id: str, as_json: bool) -> None:
    """Stop the images of a job that have not started, and discard the results of those that have. A job that has ended
    stays as it is.

    \b
    Example:
      selvage cancel 01a20a60-faab-709b-9f7a-6c651182ea5a
    """
    job = client.cancel(job_id)
    if as_json:
        echo_json(job)
    else:
        click.echo(f"{job.job_id} {job.state}: {job.counts.get('cancelled', 0)} image(s) cancelled")


@click.command(short_help="Record what a person decided about an image.")
@click.argument("image_id", metavar="IMAGE")
@at_server
@click.option("--approve", "verdict", flag_value="approve", help="The result is good.")
@click.option("--reject", "verdict", flag_value="reject", help="It cannot be used; needs --reason.")
@click.option("--fix", "verdict", flag_value="fix", help="Somebody mends it by hand.")
@click.option("--art-direction", "verdict", flag_value="art_direction", help="Somebody must say how; needs --reason.")
@click.option("--reviewer", envvar="SELVAGE_REVIEWER", required=True, help="Who decided. Or SELVAGE_REVIEWER.")
@click.option("--reason", default="", help="Why.")
@click.option("--seconds", type=click.FloatRange(0), default=0.0, help="How long it took.")
@AS_JSON
def decide(
    client: Client, image_id: str, verdict: str | None, reviewer: str, reason: str, seconds: float, as_json: bool
) -> None:
    """Record a decision about an image as it stands now. Decisions are never changed, only followed by others.

    \b
    Examples:
      selvage decide 01a20a61-0c1b-7d1e-a4b5-0f3c8a1f2b3c --approve --reviewer ann
      selvage decide $IMAGE --reject --reason "wrong garment" --reviewer ann
    """
    if verdict is None:
        raise click.UsageError("Say what was decided: --approve, --reject, --fix or --art-direction.")
    image = client.decide(client.image(image_id), verdict, reviewer=reviewer, reason=reason, seconds=seconds)
    if as_json:
        echo_json(image)
    else:
        click.echo(f"{image.image_id} {image.state}")
