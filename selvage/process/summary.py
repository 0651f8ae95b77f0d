"""What a run ends with: a table of what became of the photos and where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import manifest, report
from .entry import APPROVED, FAILED, NEEDS_REVIEW, Entry

_STYLES = {APPROVED: "green", NEEDS_REVIEW: "yellow", FAILED: "red"}
_SHOWN = 60


def show(console: Console, entries: Sequence[Entry], out: Path) -> None:
    """Prints the photos that need somebody with the reason in a sentence, then counts and paths."""
    counts = Counter(entry.status for entry in entries)
    told = [entry for entry in entries if entry.status != APPROVED]
    if told:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("Photo", "Status", "Why"):
            table.add_column(name, overflow="fold", no_wrap=False)
        for entry in sorted(told, key=lambda entry: entry.status)[:_SHOWN]:
            status = f"[{_STYLES[entry.status]}]{report.WORDS[entry.status].lower()}[/]"
            table.add_row(escape(entry.source.name), status, escape(why(entry)))
        console.print(table)
        if len(told) > _SHOWN:
            console.print(f"and {len(told) - _SHOWN} more; {report.NAME} has them all.")
        console.print()
    console.print(
        f"[green]{counts[APPROVED]} approved[/], [yellow]{counts[NEEDS_REVIEW]} to review[/], "
        f"[red]{counts[FAILED]} failed[/] of {len(entries)}",
        highlight=False,
    )
    for path in (out / report.NAME, out / manifest.NAME):
        console.print(escape(str(path)), highlight=False, soft_wrap=True)


def why(entry: Entry) -> str:
    """One or more sentences: the error, or what made the machine doubt."""
    if entry.problem and entry.status == FAILED:
        return " ".join(entry.problem.message.split())
    return " ".join(reason.detail for reason in entry.reasons)
