"""Figures and worst cases as one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.evaluate import COLUMNS, OVERALL, review_text

_STYLE = "body{font:15px sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.2em .7em;text-align:right}"


def write_page(figures: Mapping[str, Mapping[str, Mapping[str, Any]]], sheet: Path | None, path: Path) -> None:
    """One table a group, intervals as tooltips; below it the sheet of the worst pictures."""
    parts = [f"<!doctype html><meta charset=utf-8><title>Evaluation</title><style>{_STYLE}</style><h1>Evaluation</h1>"]
    for group in dict.fromkeys(group for mine in figures.values() for group in mine if group not in OVERALL):
        head = "".join(f"<th>{column}</th>" for column in ("model", "pictures", *COLUMNS))
        rows = "".join(_row(name, mine[group]) for name, mine in figures.items() if group in mine)
        parts.append(f"<h2>{html.escape(group)}</h2><table><tr>{head}</tr>{rows}</table>")
    for name, mine in figures.items():
        memory = mine.get("memory", {}).get("peak_mib")
        told = f"; memory while loading and judging one photo {memory:.0f} MiB" if memory is not None else ""
        parts.append(f"<p>{html.escape(name)}: review AUROC {html.escape(review_text(mine))}{told}</p>")
    if sheet is not None:
        data = base64.b64encode(sheet.read_bytes()).decode()
        names = ", ".join(html.escape(name) for name in figures)
        parts.append(f'<h2>Worst pictures</h2><p>photo, truth, {names}</p><img src="data:image/png;base64,{data}">')
    path.write_text("\n".join(parts), encoding="utf-8")


def _row(name: str, figures: Mapping[str, Any]) -> str:
    cells = [f"<th>{html.escape(name)}</th><td>{figures['pictures']}</td>"]
    for column in COLUMNS:
        if column not in figures:
            cells.append("<td>-</td>")
            continue
        bounds = figures.get(f"{column}_95")
        title = f' title="95 %: {bounds[0]:.4f} to {bounds[1]:.4f}"' if bounds else ""
        cells.append(f"<td{title}>{figures[column]:.4f}</td>")
    return f"<tr>{''.join(cells)}</tr>"
