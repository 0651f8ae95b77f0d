"""Judge one model, or several side by side, on the same pictures: figures as JSON and as a table."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.segment.calibrate import calibration_error
from services.segment.review import signs
from training import measures
from training.alphas import Alphas
from training.bootstrap import interval, interval_of_mean
from training.calibrate import GOOD, for_fitting
from training.judged import Judged
from training.predict import F32, Predictor, Through

COLUMNS = (
    "iou", "edge_accuracy", "edge_share_95", "mae", "band", "band_sad", "holes", "leakage", "edge_ece", "cpu_seconds",
)  # fmt: skip
SAMPLED = 20_000
"""Edge pixels of one picture that enter the calibration figures."""
FEW, DRAWS = 2_000, 100
"""Of these, how many enter each draw of the calibration error's interval, and how many draws there are."""
OVERALL = ("all", "all, phone", "memory")
"""Keys of a summary that are no group of pictures."""


@dataclass(frozen=True)
class Row:
    """Figures of one model on one picture, and the sampled confidences of its edge."""

    group: str
    name: str
    product: str
    figures: dict[str, float]
    confidence: F32
    right: np.ndarray


def measure(model: Predictor | Alphas, picture: Judged) -> Row:
    """All figures of one picture, and the processor's seconds it took."""
    started = time.process_time()
    risk = None
    if isinstance(model, Alphas):
        alpha, confidence = model.of(picture)
    elif isinstance(model, Through):
        alpha, confidence, risk = model.told(picture.rgb)
    else:
        alpha, confidence = model(picture.rgb)
    return judge(picture, alpha, confidence, time.process_time() - started, risk)


def judge(picture: Judged, alpha: F32, confidence: F32, seconds: float, risk: float | None = None) -> Row:
    """All figures of one answer. A phone photo's mask is a pixel off, so its edge is measured at its own size.

    risk: what the model itself says of P(a person would touch it); without that, the share of its outline in doubt.
    """
    truth = picture.truth
    rng = np.random.default_rng(0)
    places = np.flatnonzero(measures.edge_band(truth))
    places = rng.choice(places, min(SAMPLED, len(places)), replace=False) if len(places) else places
    right = np.abs(alpha - truth).ravel()[places] <= measures.EVENT
    figures = {
        "iou": measures.overlap(alpha, truth),
        "edge_accuracy": measures.edge_accuracy(alpha, truth, scaled=picture.group != "phone"),
        "mae": measures.mean_error(alpha, truth),
        "band": measures.band_error(alpha, truth),
        "band_sad": measures.band_sum(alpha, truth),
        "holes": measures.hole_recall(alpha, truth),
        "leakage": math.nan if picture.shadow is None else measures.leakage(alpha, picture.shadow),
        "edge_confidence": float(confidence.ravel()[places].mean()) if len(places) else math.nan,
        "review_risk": signs(alpha, confidence, picture.rgb).doubtful if risk is None else risk,
        "cpu_seconds": seconds,
    }
    return Row(picture.group, picture.name, picture.product, figures, confidence.ravel()[places], right)


def compare(models: Mapping[str, Predictor | Alphas], pictures: Iterable[Judged]) -> dict[str, list[Row]]:
    """Every model on every picture; pictures are made once and not kept."""
    rows: dict[str, list[Row]] = {name: [] for name in models}
    for picture in pictures:
        for name, model in models.items():
            rows[name].append(measure(model, picture))
    return rows


def summary(rows: list[Row], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Per group: means with 95 % bootstrap intervals by product, and edge ECE of products the calibration never saw.

    Under `all`: how well the review risk ranks the pictures whose edge accuracy is below 0.95, over composites of
    products that neither training nor calibration saw; under `all, phone`, with the phone photos too.
    """
    out: dict[str, dict[str, Any]] = {}
    for group in dict.fromkeys(row.group for row in rows):
        mine = [row for row in rows if row.group == group]
        products = [row.product for row in mine]
        figures: dict[str, Any] = {"pictures": len(mine)}
        for name in mine[0].figures:
            _mean(figures, name, np.array([row.figures[name] for row in mine]), products, seed)
        edges = np.array([row.figures["edge_accuracy"] for row in mine])
        _mean(figures, "edge_share_95", np.where(np.isfinite(edges), edges >= GOOD, np.nan), products, seed)
        unseen = [row for row in mine if len(row.right) and _unseen(row)]
        if unseen:
            figures["edge_ece"] = _error(unseen, SAMPLED)
            figures["edge_ece_95"] = interval(
                lambda places, unseen=unseen: _error([unseen[place] for place in places], FEW),  # type: ignore[misc]
                [row.product for row in unseen], seed, DRAWS,
            )  # fmt: skip
        out[group] = figures
    solid = [row for row in rows if np.isfinite(row.figures["edge_accuracy"]) and _unseen(row)]
    for name, part in (("all", [row for row in solid if row.group != "phone"]), ("all, phone", solid)):
        if part and (name == "all" or any(row.group == "phone" for row in part)):
            out[name] = _review(part, seed)
    return out


def _unseen(row: Row) -> bool:
    """Phone photos of the test split served no fit."""
    return row.group == "phone" or not for_fitting(row.product)


def _mean(figures: dict[str, Any], name: str, values: np.ndarray, products: list[str], seed: int) -> None:
    if np.isfinite(values).any():
        figures[name] = float(np.nanmean(values))
        figures[f"{name}_95"] = interval_of_mean(values, products, seed)


def _error(rows: list[Row], most: int) -> float:
    return calibration_error(
        np.concatenate([row.confidence[:most] for row in rows]), np.concatenate([row.right[:most] for row in rows])
    )


def _review(rows: list[Row], seed: int) -> dict[str, Any]:
    risk = np.array([row.figures["review_risk"] for row in rows])
    bad = np.array([row.figures["edge_accuracy"] < GOOD for row in rows])
    told: dict[str, Any] = {"pictures": len(rows), "touched": int(bad.sum())}
    if 0 < bad.sum() < len(bad):
        told["review_auroc"] = measures.ranking(risk, bad)
        told["review_auroc_95"] = interval(
            lambda places: measures.ranking(risk[places], bad[places]), [row.product for row in rows], seed
        )
    return told


def table(summaries: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The figures as a Markdown table, one row per group and model."""
    lines = ["| group | model | pictures | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 3) + "|"]
    groups = dict.fromkeys(group for figures in summaries.values() for group in figures if group not in OVERALL)
    for group in groups:
        for name, figures in summaries.items():
            mine = figures.get(group, {})
            cells = [f"{mine[column]:.4f}" if column in mine else "-" for column in COLUMNS]
            lines.append(f"| {group} | {name} | {mine.get('pictures', 0)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def review_text(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """One line on how well the risk ranks: composites, and with the phone photos."""
    told = []
    for name, what in (("all", "composites"), ("all, phone", "with phone photos")):
        mine = figures.get(name, {})
        if "review_auroc" in mine:
            low, high = mine["review_auroc_95"]
            count = f"{mine['pictures']} {what}, {mine['touched']} to touch"
            told.append(f"{mine['review_auroc']:.3f} [{low:.2f}, {high:.2f}] over {count}")
    return "; ".join(told) or "not measured"
