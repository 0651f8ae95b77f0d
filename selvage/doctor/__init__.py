"""`selvage doctor`: asks every part how it is, and says how to repair."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .chart import Finding, Unwell
from .rounds import deployed, examine

__all__ = ["Finding", "Unwell", "deployed", "examine", "show"]


def show(console: Console, findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.well else "[red]wrong[/]"
        advice = f"\n[bold]{escape(finding.repair)}[/]" if finding.repair and not finding.well else ""
        table.add_row(mark, finding.part, escape(finding.detail) + advice)
    console.print(table)
