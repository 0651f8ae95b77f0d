"""`selvage train | evaluate | export-model`, and the same and `average` as `python -m training`.

Everything it writes lies outside the repository by default.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from training.data import runs_folder


def main(arguments: list[str] | None = None, prog: str = "python -m training") -> None:
    """Parse the command line and run one of the commands."""
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    commands = parser.add_subparsers(required=True)

    train = commands.add_parser("train", help="train by the clock; an interrupted run goes on where it was")
    train.add_argument("--run", default="two-looks", help="name of the run's folder")
    train.add_argument("--minutes", type=float, default=480.0, help="minutes of training in all, pauses not counted")
    train.add_argument("--rate", type=float, default=4e-4)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--threads", type=int, default=2)
    train.add_argument("--encoder", choices=("imagenet", "scratch"), default="imagenet")
    train.add_argument("--init", type=Path, help="checkpoint or model folder whose weights a new run starts from")
    train.add_argument("--device", default="cpu")
    train.set_defaults(run_command=_train)

    evaluate = commands.add_parser("evaluate", help="judge models side by side on the validation pictures")
    evaluate.add_argument(
        "models", nargs="*", metavar="NAME=WHAT",
        help="a checkpoint (.pt), an ONNX file of any family, a model folder, a folder of alphas, or a profile",
    )  # fmt: skip
    evaluate.add_argument("--side", type=int, default=1024, help="grid of checkpoints; model folders know their own")
    evaluate.add_argument("--limit", type=int, help="only so many products a group, for a quick look")
    evaluate.add_argument("--json", type=Path, help="also write the figures here")
    evaluate.add_argument("--worst", type=Path, help="also write a contact sheet of the worst pictures here")
    evaluate.add_argument("--page", type=Path, help="also write figures and worst pictures as one HTML file")
    evaluate.add_argument("--write-pictures", type=Path, help="write the pictures here, for others to cut out, and end")
    evaluate.set_defaults(run_command=_evaluate)

    average = commands.add_parser("average", help="the mean of a checkpoint's weights and of others it descends from")
    average.add_argument("checkpoint", type=Path)
    average.add_argument("other", type=Path, help="checkpoint or model folder")
    average.add_argument("--share", type=float, default=0.5, help="of the checkpoint, 0 to 1")
    average.add_argument("--out", type=Path, required=True)
    average.set_defaults(run_command=_average)

    export = commands.add_parser("export-model", aliases=["export"], help="calibrate, export, record")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("--out", type=Path, default=runs_folder() / "export")
    export.add_argument("--name", default="selvage")
    export.add_argument("--version", default="0.1.0")
    export.add_argument("--limit", type=int, help="judge only so many products a group")
    export.add_argument("--note", default="", help="for the card: where the first weights come from")
    export.set_defaults(run_command=_export)

    options = parser.parse_args(arguments)
    options.run_command(options)


def _train(options: argparse.Namespace) -> None:
    from training.train import Plan, train  # noqa: PLC0415

    plan = Plan(
        minutes=options.minutes,
        rate=options.rate,
        seed=options.seed,
        threads=options.threads,
        encoder=options.encoder,
    )
    print(train(plan, runs_folder() / options.run, init=options.init, device=options.device))


def _average(options: argparse.Namespace) -> None:
    from training.averaging import average  # noqa: PLC0415

    print(average(options.checkpoint, options.other, options.out, options.share))


def _evaluate(options: argparse.Namespace) -> None:
    from training.alphas import Alphas, write_pictures  # noqa: PLC0415
    from training.data import data_folder  # noqa: PLC0415
    from training.errors import NotAModel  # noqa: PLC0415
    from training.evaluate import compare, review_text, summary, table  # noqa: PLC0415
    from training.footprint import footprint  # noqa: PLC0415
    from training.judged import judged  # noqa: PLC0415
    from training.named import model  # noqa: PLC0415

    if options.write_pictures:
        count = write_pictures(judged(data_folder(), limit=options.limit), options.write_pictures)
        print(f"{options.write_pictures}: {count} pictures")
        return
    words = [word.rpartition("=") for word in options.models]
    named = {name or what: what for name, _, what in words}
    models = {name: model(what, options.side) for name, what in named.items()}
    if not models:
        raise NotAModel(word="An empty list")
    rows = compare(models, judged(data_folder(), limit=options.limit))
    figures = {name: summary(mine) for name, mine in rows.items()}
    print(table(figures))
    for name, mine in figures.items():
        taken = "no model ran"
        if not isinstance(models[name], Alphas):
            mine["memory"] = {"peak_mib": footprint(model, named[name], options.side)}
            taken = f"memory {mine['memory']['peak_mib']:.0f} MiB"
        print(f"{name}: review AUROC {review_text(mine)}; {taken}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    sheet = options.worst or (options.page.with_suffix(".png") if options.page else None)
    if sheet:
        from training.sheet import worst_sheet  # noqa: PLC0415

        worst_sheet(models, rows, judged(data_folder(), limit=options.limit), sheet)
    if options.page:
        from training.page import write_page  # noqa: PLC0415

        write_page(figures, sheet, options.page)


def _export(options: argparse.Namespace) -> None:
    from training.bundle import bundle  # noqa: PLC0415

    print(
        bundle(options.checkpoint, options.out, options.name, options.version, limit=options.limit, note=options.note)
    )


if __name__ == "__main__":
    main()
