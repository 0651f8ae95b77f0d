"""Champion and challenger on the user's hold-out and on the shipped sets, and whether the challenger may go on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluate import Row, compare, summary, table
from training.judged import Judged
from training.predict import Predictor

OWN = "own hold-out"
EDGE_TOLERANCE, ERROR_TOLERANCE = 0.02, 0.004
"""How much mean edge accuracy and mean error of the shipped sets may get worse."""


@dataclass(frozen=True)
class Means:
    """Means over pictures: edge accuracy (higher is better) and error (lower is)."""

    edge_accuracy: float
    error: float


@dataclass(frozen=True)
class Verdict:
    """against: why the challenger is not promoted; empty when it is."""

    own: tuple[Means, Means]
    shipped: tuple[Means, Means]
    against: list[str]

    @property
    def promoted(self) -> bool:
        return not self.against


@dataclass(frozen=True)
class Report:
    """The verdict, and all figures of both models by name and group."""

    verdict: Verdict
    figures: dict[str, dict[str, dict[str, Any]]]

    def text(self) -> str:
        return table(self.figures)

    def write(self, path: Path) -> None:
        fields = {"verdict": asdict(self.verdict), "promoted": self.verdict.promoted, "figures": self.figures}
        path.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Outcome:
    """folder: of the new model, promoted or only kept for a look."""

    folder: Path
    report: Report

    def sentence(self) -> str:
        """What happened, for people."""
        if self.report.verdict.promoted:
            return f"Promoted: {self.folder}"
        return f"Not promoted: {'; '.join(self.report.verdict.against)}. It is kept in {self.folder}."


def report(champion: Predictor, challenger: Predictor, hold_out: Sequence[Judged], shipped: Sequence[Judged]) -> Report:
    """Both models on both sets, before and after."""
    rows = compare({"before": champion, "after": challenger}, [*hold_out, *shipped])
    return Report(decide(rows["before"], rows["after"]), {name: summary(mine) for name, mine in rows.items()})


def decide(before: Sequence[Row], after: Sequence[Row]) -> Verdict:
    """The challenger must be better on the hold-out (edge accuracy, or error where that is equal), and not worse on the
    shipped sets by more than the tolerances."""
    own = _means(before, own=True), _means(after, own=True)
    shipped = _means(before, own=False), _means(after, own=False)
    against = []
    gain = round(own[1].edge_accuracy - own[0].edge_accuracy, 4), round(own[0].error - own[1].error, 6)
    if gain <= (0.0, 0.0):
        edges, errors = ([getattr(one, name) for one in own] for name in ("edge_accuracy", "error"))
        against.append(
            f"on your hold-out edge accuracy went from {edges[0]:.3f} to {edges[1]:.3f}, "
            f"the mean error from {errors[0]:.4f} to {errors[1]:.4f}"
        )
    lost = shipped[0].edge_accuracy - shipped[1].edge_accuracy
    if lost > EDGE_TOLERANCE:
        against.append(f"on the shipped sets edge accuracy fell by {lost:.3f} (allowed: {EDGE_TOLERANCE})")
    lost = shipped[1].error - shipped[0].error
    if lost > ERROR_TOLERANCE:
        against.append(f"on the shipped sets the mean error grew by {lost:.4f} (allowed: {ERROR_TOLERANCE})")
    return Verdict(own, shipped, against)


def _means(rows: Sequence[Row], *, own: bool) -> Means:
    mine = [row.figures for row in rows if (row.group == OWN) == own]
    edges = np.array([figures["edge_accuracy"] for figures in mine] or [0.0])
    edge = float(np.nanmean(edges)) if np.isfinite(edges).any() else 0.0
    return Means(edge, float(np.mean([figures["mae"] for figures in mine] or [0.0])))


def next_version(folder: Path, name: str) -> int:
    """1, or one more than the highest `name-vN` in `folder`."""
    taken = [re.fullmatch(rf"{re.escape(name)}-v(\d+)", path.name) for path in folder.glob(f"{name}-v*")]
    return 1 + max((int(found[1]) for found in taken if found), default=0)


CARD = """# Model card: {name} {version}

Fine-tuned from {base} on {learned} labelled photos of {skus} SKUs ({binary} of them with hard masks, whose edges did
not count), {steps} steps, the best after step {best}; every second scene was the generator's.

* File: `model.onnx`, sha256 `{sha256}`, from the file `{base_sha256}`.
* Licence: {licence}.

Before and after, on SKUs it did not learn from ({own}) and on the sets that ship or are drawn by code:

{table}
"""


def card(fields: Mapping[str, Any]) -> str:
    """The model card as Markdown."""
    return CARD.format(own=OWN, **fields)
