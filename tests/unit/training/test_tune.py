"""A fine-tune on thirty photos of a product class the model gets wrong. Needs the `train` extra; skips without it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the train extra is not installed")
pytest.importorskip("onnxscript", reason="the train extra is not installed")

from services.segment.models import DEFAULT, find, read
from tests.parts import odd_products
from training.data import ENVIRONMENT
from training.drawn import Drawn
from training.finetune import FinePlan
from training.judged import Judged
from training.predict import from_folder, from_net
from training.promotion import EDGE_TOLERANCE, ERROR_TOLERANCE
from training.restore import restore
from training.tune import Task, tune
from training.views import ViewPlan

SIDE = 384


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Plain products on plain papers, which the model knows; without the real photos, so that the test is one test."""
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "no photos"))
    monkeypatch.setenv("SELVAGE_TRAIN", str(tmp_path / "runs"))
    cutouts = [np.dstack(odd_products.blob(np.random.default_rng(seed), 400)) for seed in range(500, 508)]
    pictures = []
    for sku in range(600, 606):
        rgb, alpha = odd_products.photo(sku, 1, card=False)
        pictures.append(Judged("drawn", str(sku), str(sku), rgb, alpha.astype(np.float32) / 255, None))
    return Drawn(cutouts, pictures)


def test_the_network_comes_back_from_its_file() -> None:
    rgb, _ = odd_products.photo(3, 1, side=256)
    ours, score = from_net(restore(find(DEFAULT)).eval(), 128)(rgb)
    theirs, said = from_folder(find(DEFAULT), calibrated=False, side=128)(rgb)
    assert np.abs(ours - theirs).max() < 2 / 255
    assert np.abs(score - said).max() < 2 / 255


@pytest.mark.slow
def test_a_model_that_learnt_nothing_is_not_promoted(tmp_path: Path, drawn: Drawn) -> None:
    pairs = odd_products.write_pairs(tmp_path / "pairs", skus=5, shots=2, hard=True)
    views = ViewPlan(crop=64, crops=1)
    plan = FinePlan(steps=1, scenes=1, rate=0.0, side=64, sides=(384,), workers=0, views=views)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        outcome = tune(Task(pairs, "same", find(DEFAULT), tmp_path / "models", plan=plan), drawn)
    assert not outcome.report.verdict.promoted
    assert "hold-out" in outcome.sentence()
    assert not (tmp_path / "models").exists()
    assert read(outcome.folder).side == 64  # kept for a look


@pytest.mark.slow
def test_thirty_photos_teach_an_odd_class_and_forget_nothing(tmp_path: Path, drawn: Drawn) -> None:
    pairs = odd_products.write_pairs(tmp_path / "pairs", skus=10, shots=3)
    plan = FinePlan(
        steps=80, look=40, scenes=1, rate=2e-4, side=SIDE, sides=(SIDE,), workers=0, ema=0.9,
        views=ViewPlan(crop=128, crops=3),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        outcome = tune(Task(pairs, "odd", find(DEFAULT), tmp_path / "models", plan=plan), drawn)
    verdict = outcome.report.verdict
    (before, after), (known, still) = verdict.own, verdict.shipped
    assert after.error < before.error / 2
    assert after.edge_accuracy > before.edge_accuracy + 0.05
    assert still.edge_accuracy >= known.edge_accuracy - EDGE_TOLERANCE
    assert still.error <= known.error + ERROR_TOLERANCE
    assert verdict.promoted, verdict.against
    assert outcome.folder == tmp_path / "models" / "odd-v1"
    made = read(outcome.folder)
    assert made.version == f"{read(find(DEFAULT)).version}+odd.1"
    record = json.loads((outcome.folder / "training.json").read_text())
    parts = [set(record["skus"][part]) for part in ("learn", "validate", "hold_out")]
    assert not (parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2])
    assert [len(part) for part in parts] == [6, 2, 2]
    assert made.sha256 in (outcome.folder / "MODEL_CARD.md").read_text()
