"""Judge one model, or several side by side, on the same pictures: figures as JSON and as a table."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.segment.calibrate import calibration_error
from training import measures
from training.alphas import Alphas
from training.calibrate import for_fitting
from training.judged import Judged
from training.predict import F32, Predictor

COLUMNS = ("iou", "edge_accuracy", "edge_share_95", "mae", "band", "holes", "leakage", "edge_ece")
SAMPLED = 20_000
"""Edge pixels of one picture that enter the calibration figures."""


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
    alpha, confidence = model.of(picture) if isinstance(model, Alphas) else model(picture.rgb)
    return judge(picture, alpha, confidence, time.process_time() - started)


def judge(picture: Judged, alpha: F32, confidence: F32, seconds: float) -> Row:
    """All figures of one answer. A phone photo's mask is a pixel off, so its edge is measured at its own size."""
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
        "holes": measures.hole_recall(alpha, truth),
        "leakage": math.nan if picture.shadow is None else measures.leakage(alpha, picture.shadow),
        "edge_confidence": float(confidence.ravel()[places].mean()) if len(places) else math.nan,
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

    Under `all`: how well the confidence of the edge ranks pictures whose edge accuracy is below 0.95.
    """
    out: dict[str, dict[str, Any]] = {}
    for group in dict.fromkeys(row.group for row in rows):
        mine = [row for row in rows if row.group == group]
        figures: dict[str, Any] = {"pictures": len(mine)}
        for name in mine[0].figures:
            values = np.array([row.figures[name] for row in mine])
            if np.isfinite(values).any():
                figures[name] = float(np.nanmean(values))
                figures[f"{name}_95"] = _interval(values, [row.product for row in mine], seed)
        edges = np.array([row.figures["edge_accuracy"] for row in mine])
        if np.isfinite(edges).any():
            figures["edge_share_95"] = float(np.mean(edges[np.isfinite(edges)] >= 0.95))
            unseen = [row for row in mine if group == "phone" or not for_fitting(row.product)]
            if unseen:
                figures["edge_ece"] = calibration_error(
                    np.concatenate([row.confidence for row in unseen]), np.concatenate([row.right for row in unseen])
                )
        out[group] = figures
    solid = [row for row in rows if np.isfinite(row.figures["edge_accuracy"]) and row.group != "phone"]
    if solid:
        doubt = -np.array([row.figures["edge_confidence"] for row in solid])
        bad = np.array([row.figures["edge_accuracy"] < 0.95 for row in solid])
        out["all"] = {"review_auroc": measures.ranking(doubt, bad), "pictures": len(solid)}
    return out


def _interval(values: np.ndarray, products: list[str], seed: int, draws: int = 400) -> list[float]:
    """95 % interval of the mean when whole products are drawn anew."""
    names = sorted(set(products))
    sums = np.array([np.nansum(values[[p == name for p in products]]) for name in names])
    counts = np.array([np.isfinite(values[[p == name for p in products]]).sum() for name in names])
    picks = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    means = sums[picks].sum(1) / np.maximum(counts[picks].sum(1), 1)
    return [float(bound) for bound in np.percentile(means, (2.5, 97.5))]


def table(summaries: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The figures as a Markdown table, one row per group and model."""
    lines = ["| group | model | pictures | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 3) + "|"]
    groups = dict.fromkeys(group for figures in summaries.values() for group in figures if group != "all")
    for group in groups:
        for name, figures in summaries.items():
            mine = figures.get(group, {})
            cells = [f"{mine[column]:.4f}" if column in mine else "-" for column in COLUMNS]
            lines.append(f"| {group} | {name} | {mine.get('pictures', 0)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
