"""What our dashboards are made of: a few kinds of panels, laid out in rows of 24 units, built with Grafana's own types.

A board is plain data, so that its expressions can be checked, run and drawn without Grafana; `grafana.py` builds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["lines", "stacked", "numbers", "bars"]
GREEN, AMBER, RED = "green", "orange", "red"


@dataclass(frozen=True)
class Query:
    """A PromQL expression and how a series of it is called: text with {{label}}."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Step:
    """From this value on the colour holds; the first step of a panel has none."""

    value: float | None
    colour: str


@dataclass(frozen=True)
class Panel:
    """`unit` is Grafana's word for it; `width` of 24, `height` in Grafana's rows of 30 px."""

    title: str
    answers: str
    queries: tuple[Query, ...]
    kind: Kind = "lines"
    unit: str = "short"
    width: int = 12
    height: int = 8
    steps: tuple[Step, ...] = ()
    decimals: int | None = None
    low: float | None = 0.0
    high: float | None = None


@dataclass(frozen=True)
class Variable:
    """A choice of label values; expressions use it as =~"$name"."""

    name: str
    metric: str
    label: str

    @property
    def query(self) -> str:
        return f"label_values({self.metric}, {self.label})"


@dataclass(frozen=True)
class Board:
    """A dashboard. `uid` is fixed for ever: links and bookmarks hold it."""

    uid: str
    title: str
    answers: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    variables: tuple[Variable, ...] = ()
    since: str = "now-24h"

    @property
    def panels(self) -> Iterator[Panel]:
        for _, panels in self.rows:
            yield from panels


def lines(title: str, answers: str, *queries: tuple[str, str], **more: object) -> Panel:
    return Panel(title, answers, _queries(queries), "lines", **more)  # type: ignore[arg-type]


def stacked(title: str, answers: str, *queries: tuple[str, str], **more: object) -> Panel:
    return Panel(title, answers, _queries(queries), "stacked", **more)  # type: ignore[arg-type]


def numbers(title: str, answers: str, *queries: tuple[str, str], **more: object) -> Panel:
    return Panel(title, answers, _queries(queries), "numbers", **({"width": 6, "height": 4} | more))  # type: ignore[arg-type]


def bars(title: str, answers: str, *queries: tuple[str, str], **more: object) -> Panel:
    return Panel(title, answers, _queries(queries), "bars", **more)  # type: ignore[arg-type]


def below(good: float, bad: float) -> tuple[Step, ...]:
    """Small is good: green, from `good` on amber, from `bad` on red."""
    return (Step(None, GREEN), Step(good, AMBER), Step(bad, RED))


def above(bad: float, good: float) -> tuple[Step, ...]:
    """Large is good: red, from `bad` on amber, from `good` on green."""
    return (Step(None, RED), Step(bad, AMBER), Step(good, GREEN))


def _queries(pairs: tuple[tuple[str, str], ...]) -> tuple[Query, ...]:
    return tuple(Query(" ".join(expr.split()), legend) for expr, legend in pairs)
