"""Draws the dashboards from a running Prometheus: `python -m scripts.monitoring.draw URL --minutes 8 --out docs/img`.

Our own drawing, not Grafana's: the same panels, expressions, places and units, so that one can see what a dashboard
shows without a Grafana. Says so on every picture.
"""

from __future__ import annotations

import argparse
import math
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend is chosen first
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from .boards import ALL
from .panels import Board, Panel
from .promql import instantiate

UNIT_INCHES, ROW_INCHES = 0.6, 0.36
"""Width of one of the 24 units of a dashboard, and height of one of its rows."""
COLOURS = {"green": "#2f8f4e", "orange": "#c77700", "red": "#c0392b"}
SERIES = plt.colormaps["tab10"].colors  # type: ignore[attr-defined]
NOTE = "Drawn by Selvage from data a real Prometheus scraped from a test set; not a screenshot of Grafana."
STEPS = 120
COLOURS_KEPT = 192


class Source:
    """A Prometheus and the time that is drawn."""

    def __init__(self, url: str, minutes: float, window: str, end: float) -> None:
        self.end = end
        self.start = self.end - 60 * minutes
        self._window = window
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def over_time(self, expr: str) -> list[tuple[dict[str, str], list[float], list[float]]]:
        """(labels, minutes, values) of each series."""
        step = (self.end - self.start) / STEPS
        found = self._ask("query_range", expr, start=self.start, end=self.end, step=step)
        return [
            (
                each["metric"],
                [(at - self.start) / 60 for at, _ in each["values"]],
                [float(v) for _, v in each["values"]],
            )
            for each in found
        ]

    def now(self, expr: str) -> list[tuple[dict[str, str], float]]:
        return [(each["metric"], float(each["value"][1])) for each in self._ask("query", expr, time=self.end)]

    def _ask(self, what: str, expr: str, **more: float) -> list[dict[str, Any]]:
        answer = self._client.post(f"/api/v1/{what}", data={"query": instantiate(expr, self._window), **more})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


def draw(board: Board, source: Source, path: Path) -> None:
    rows = [row for _, row in board.rows]
    heights = [sum(line) for line in ([max(p.height for p in part) for part in _lines(row)] for row in rows)]
    titles = 1.3
    high = sum(heights) + titles * len(rows) + 2.2
    figure = plt.figure(figsize=(24 * UNIT_INCHES, high * ROW_INCHES), facecolor="white")
    at = high - 1.6
    figure.text(0.012, at / high, board.title, fontsize=17, weight="bold", va="bottom")
    figure.text(0.988, at / high, NOTE, fontsize=9, color="#777777", va="bottom", ha="right")
    for (title, row), height in zip(board.rows, heights, strict=True):
        at -= titles
        figure.text(0.012, (at + 0.1) / high, title, fontsize=12, weight="bold", color="#444444", va="bottom")
        below = at
        for part in _lines(row):
            below -= max(panel.height for panel in part)
            left = 0
            for panel in part:
                _panel(figure, panel, source, (left / 24, below / high, panel.width / 24, panel.height / high))
                left += panel.width
        at -= height
    figure.savefig(path, dpi=72)
    plt.close(figure)
    with Image.open(path) as picture:  # a third of the size, and nothing lost that one sees
        few = picture.convert("RGB").quantize(COLOURS_KEPT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _lines(row: tuple[Panel, ...]) -> list[list[Panel]]:
    """Panels side by side until 24 units are full, as Grafana places them."""
    lines: list[list[Panel]] = [[]]
    for panel in row:
        if sum(each.width for each in lines[-1]) + panel.width > 24:
            lines.append([])
        lines[-1].append(panel)
    return lines


def _panel(figure: Figure, panel: Panel, source: Source, box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    wide, high = figure.get_size_inches()
    side, top, foot = 0.55 / wide, 0.35 / high, (0.6 if panel.kind in ("lines", "stacked") else 0.15) / high
    frame = figure.add_axes((x + 0.08 / wide, y + 0.05 / high, width - 0.16 / wide, height - 0.1 / high))
    frame.set(xticks=[], yticks=[])
    for spine in frame.spines.values():
        spine.set_color("#dddddd")
    figure.text(x + 0.2 / wide, y + height - 0.1 / high, panel.title, fontsize=10, va="top", color="#222222")
    axes = figure.add_axes((x + side, y + foot, width - side - 0.25 / wide, height - foot - top - 0.05 / high))
    KINDS[panel.kind](axes, panel, source)


def _numbers(axes: Any, panel: Panel, source: Source) -> None:
    axes.axis("off")
    found = [value for query in panel.queries for _, value in source.now(query.expr)]
    if not found or not math.isfinite(found[0]):
        _nothing(axes)
        return
    axes.text(0.5, 0.45, said(found[0], panel), fontsize=26, ha="center", va="center", color=_colour(panel, found[0]),
              transform=axes.transAxes)  # fmt: skip


def _bars(axes: Any, panel: Panel, source: Source) -> None:
    found = [
        (_legend(query.legend, labels), value)
        for query in panel.queries
        for labels, value in source.now(query.expr)
        if math.isfinite(value)
    ]
    if not found:
        axes.axis("off")
        _nothing(axes)
        return
    found = sorted(found, key=lambda each: each[1])[-8:]
    axes.barh(range(len(found)), [value for _, value in found], height=0.5,
              color=[_colour(panel, value) if panel.steps else SERIES[0] for _, value in found])  # fmt: skip
    largest = max(1.0 if panel.unit == "percentunit" else 0.0, *(value for _, value in found)) or 1
    for place, (name, value) in enumerate(found):
        axes.text(largest * 0.01, place + 0.27, name, fontsize=7.5, va="bottom")
        axes.text(largest * 1.14, place, said(value, panel), fontsize=9, va="center", ha="right")
    axes.set(xlim=(0, largest * 1.15), ylim=(-0.6, max(len(found), 2) - 0.2), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _over_time(axes: Any, panel: Panel, source: Source) -> None:
    found = [
        (_legend(query.legend, labels), minutes, values)
        for query in panel.queries
        for labels, minutes, values in source.over_time(query.expr)
        if any(map(math.isfinite, values))
    ]
    axes.set_xlim(0, (source.end - source.start) / 60)
    if not found:
        axes.axis("off")
        _nothing(axes)
        return
    base: dict[float, float] = {}
    for number, (name, minutes, values) in enumerate(sorted(found)[:9]):
        colour = SERIES[number % len(SERIES)]
        if panel.kind == "stacked":
            low = [base.get(minute, 0.0) for minute in minutes]
            top = [under + (value if math.isfinite(value) else 0) for under, value in zip(low, values, strict=True)]
            axes.fill_between(minutes, low, top, color=colour, alpha=0.45, linewidth=0.6, label=name)
            base |= zip(minutes, top, strict=True)
        else:
            axes.plot(minutes, values, color=colour, linewidth=1.3, label=name)
    axes.set_ylim(bottom=panel.low, top=panel.high)
    if axes.get_ylim()[1] <= 0.01 and panel.low == 0:
        axes.set_ylim(0, 1)
    shown = axes.get_ylim()[1]
    for step in panel.steps:
        if step.value is not None and step.value <= shown:
            axes.axhline(step.value, color=COLOURS[step.colour], linewidth=0.8, linestyle="--")
    axes.yaxis.set_major_formatter(lambda value, _: said(value, panel))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f} min")
    axes.tick_params(labelsize=7, length=2, colors="#555555")
    axes.grid(visible=True, color="#eeeeee")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    longest = max(len(name) for name, _, _ in found)
    columns = max(1, int(8.5 * panel.width / (longest + 5)))
    axes.legend(fontsize=6.5, loc="upper left", bbox_to_anchor=(-0.03, -0.11), ncols=columns,
                frameon=False, handlelength=1, columnspacing=1, borderaxespad=0)  # fmt: skip


KINDS: dict[str, Callable[[Any, Panel, Source], None]] = {
    "numbers": _numbers,
    "bars": _bars,
    "lines": _over_time,
    "stacked": _over_time,
}


def said(value: float, panel: Panel) -> str:
    """A value in the panel's unit."""
    if panel.unit == "percentunit":
        return f"{100 * value:.{1 if panel.decimals is None else panel.decimals}f} %"
    if panel.unit == "s":
        return _seconds(value)
    if panel.unit in ("bytes", "Bps", "decmbytes"):
        return _bytes(value * (1e6 if panel.unit == "decmbytes" else 1)) + ("/s" if panel.unit == "Bps" else "")
    if panel.decimals is not None:
        return f"{value:.{panel.decimals}f}"
    plain = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return plain + (" /s" if panel.unit == "reqps" else "")


def _seconds(value: float) -> str:
    if abs(value) >= 120:
        return f"{value / 60:.3g} min"
    return f"{value:.3g} s" if abs(value) >= 1 or value == 0 else f"{1000 * value:.3g} ms"


def _bytes(value: float) -> str:
    power = 0 if abs(value) < 1 else min(3, int(math.log(abs(value), 1000)))
    return f"{value / 1000**power:.3g} {('B', 'kB', 'MB', 'GB')[power]}"


def _legend(template: str, labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda name: labels.get(name[1], ""), template).strip()


def _colour(panel: Panel, value: float) -> str:
    chosen = "#333333"
    for step in panel.steps:
        if step.value is None or value >= step.value:
            chosen = COLOURS[step.colour]
    return chosen


def _nothing(axes: Any) -> None:
    axes.text(0.5, 0.5, "no data", fontsize=11, ha="center", va="center", color="#aaaaaa", transform=axes.transAxes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("url", help="of Prometheus")
    parser.add_argument("--minutes", type=float, default=60, help="how much of the past")
    parser.add_argument("--until", type=float, default=time.time(), help="seconds since the epoch; else now")
    parser.add_argument("--window", default="1m", help="$__rate_interval")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    source = Source(given.url, given.minutes, given.window, given.until)
    for board in ALL:
        draw(board, source, given.out / f"{board.uid}.png")


if __name__ == "__main__":
    main()
