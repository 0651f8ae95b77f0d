"""What a run says: progress as lines where there is no terminal, and the table at the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from rich.console import Console

from selvage.cli import main
from selvage.client import Image, Problem
from selvage.process import summary
from selvage.process.entry import Entry
from selvage.process.inputs import Source
from selvage.process.progress import Bar


def test_each_photo_is_counted_once_when_it_ends(image_json: Callable[..., Any]) -> None:
    console = Console(file=io.StringIO(), width=80)
    with Bar(console, 4) as bar:
        bar.begin_work({"earlier"}, 1)
        bar.image(Image.of(image_json(state="IMAGE_STATE_PROCESSING")))
        bar.image(Image.of(image_json(state="IMAGE_STATE_NEEDS_REVIEW", source_name="[b]_1.jpg")))
        bar.image(Image.of(image_json()))
        bar.image(Image.of(image_json(image_id="i2")))
        assert bar.done == 4
    assert console.file.getvalue().splitlines() == ["3/4 [b]_1.jpg: needs review", "4/4 TEE_1.jpg: approved"]  # type: ignore[attr-defined]


def test_a_terminal_sees_rate_and_time(image_json: Callable[..., Any]) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with Bar(console, 2) as bar:
        bar.phase("Reading", completed=1)
        bar.begin_work(set(), 0)
        bar.image(Image.of(image_json()))
    assert "1/2, " in console.file.getvalue()  # type: ignore[attr-defined]
    assert " a minute" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_table_says_why_in_sentences(image_json: Callable[..., Any]) -> None:
    reason = {"code": "TOUCHES_FRAME", "detail": "The product touches the frame.", "boxes": []}
    review = Image.of(image_json(state="IMAGE_STATE_NEEDS_REVIEW", reasons=[reason]))
    entries = [
        Entry(Source(Path("x"), "good.jpg"), Image.of(image_json())),
        Entry(Source(Path("x"), "doubt.jpg"), review),
        Entry(Source(Path("x"), "[red]odd.jpg"), error=Problem("EMPTY_FILE", "The file is empty.\nCopy it again.")),
    ]
    console = Console(file=io.StringIO(), width=120)
    summary.show(console, entries, Path("READY"))
    said = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "good.jpg" not in said
    assert "doubt.jpg needs review The product touches the frame." in said
    assert "[red]odd.jpg failed The file is empty. Copy it again." in said
    assert "1 approved, 1 to review, 1 failed of 3" in said


def test_every_command_explains_itself() -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["--version"]).output.startswith("selvage, version ")
    for command in ("process", "serve", "samples"):
        output = runner.invoke(main, [command, "--help"]).output
        assert f"Examples:\n    selvage {command}" in output
    assert "130 interrupted" in runner.invoke(main, ["process", "--help"]).output
