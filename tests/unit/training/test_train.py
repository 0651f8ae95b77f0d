"""A run on a handful of drawn cut-outs: it writes its record, resumes, and its checkpoint answers."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from services.segment.models import DEFAULT, find  # noqa: E402
from training.averaging import average  # noqa: E402
from training.checkpoint import load  # noqa: E402
from training.data import ENVIRONMENT, train_banks, train_files  # noqa: E402
from training.predict import from_checkpoint  # noqa: E402
from training.restore import restore  # noqa: E402
from training.train import Plan, train  # noqa: E402
from training.views import ViewPlan  # noqa: E402


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Drawn stand-ins in the layout of the real folder."""
    rng = np.random.default_rng(0)
    home = tmp_path / "data"
    for name in ("saleor", "magento"):
        (home / name).mkdir(parents=True)
        rows = [{"file": f"{name}-{split}.webp", "product": split, "split": split} for split in ("train", "val")]
        (home / name / "manifest.json").write_text(json.dumps(rows))
        for row in rows:
            cutout = np.zeros((96, 80, 4), np.uint8)
            cv2.circle(cutout, (40, 48), 30, (30, 60, 200, 255), -1)
            cv2.imwrite(str(home / name / row["file"]), cutout)
    for folder in ("clothing/im", "clothing/gt", "clothing_unlabelled"):
        (home / folder).mkdir(parents=True)
    rows = [{"image": split, "sender": split, "split": split} for split in ("train", "test")]
    (home / "clothing" / "manifest.json").write_text(json.dumps(rows))
    for row in rows:
        photo = rng.integers(0, 255, (80, 60, 3), np.uint8)
        cv2.imwrite(str(home / "clothing" / "im" / f"{row['image']}.jpg"), photo)
        mask = np.zeros((80, 60), np.uint8)
        mask[20:60, 15:45] = 255
        cv2.imwrite(str(home / "clothing" / "gt" / f"{row['image']}.png"), mask)
    for index in range(5):
        cv2.imwrite(str(home / "clothing_unlabelled" / f"{index}.jpg"), rng.integers(0, 255, (60, 60, 3), np.uint8))
    monkeypatch.setenv(ENVIRONMENT, str(home))
    return home


def test_only_the_train_split_is_read(photos: Path) -> None:
    names = {path.relative_to(photos).as_posix() for path in train_files(photos)}
    assert not [name for name in names if "val" in name or "test" in name]
    assert {"clothing_unlabelled/1.jpg", "clothing/gt/train.png", "saleor/saleor-train.webp"} <= names
    assert "clothing_unlabelled/0.jpg" not in names  # left for judging
    banks = train_banks(photos)
    assert (len(banks.cutouts), len(banks.phone), len(banks.photos)) == (4 + 1, 1, 3)


@pytest.mark.slow
def test_a_run_resumes_where_it_was_stopped(photos: Path, tmp_path: Path) -> None:
    plan = Plan(minutes=0.05, scenes=1, threads=1, encoder="scratch", views=ViewPlan(crop=64, crops=1))
    last = train(plan, tmp_path / "run")
    first = load(last)
    assert first["step"] > 0
    assert first["origin"] == "scratch"
    assert first["plan"]["seed"] == plan.seed
    listed = json.loads((tmp_path / "run" / "data.json").read_text())
    assert len(listed) == len(list(train_files(photos)))
    again = load(train(Plan(minutes=0.1, scenes=1, threads=1, encoder="imagenet", views=plan.views), tmp_path / "run"))
    assert again["step"] > first["step"]
    assert again["origin"] == "scratch"
    alpha, confidence = from_checkpoint(last, 64)(np.full((40, 60, 3), 200, np.uint8))
    assert alpha.shape == confidence.shape == (40, 60)
    assert np.isfinite(alpha).all()


@pytest.mark.slow
def test_a_run_starts_from_a_model_folder_and_is_averaged_with_it(photos: Path, tmp_path: Path) -> None:
    plan = Plan(minutes=0.0, threads=1, encoder="scratch")
    begun = load(train(plan, tmp_path / "run", init=find(DEFAULT)))
    shipped = restore(find(DEFAULT)).state_dict()
    assert begun["origin"] == DEFAULT
    assert all(torch.equal(value, shipped[name]) for name, value in begun["ema"].items())
    moved = {name: value + 1 for name, value in shipped.items()}
    torch.save(begun | {"ema": moved}, tmp_path / "moved.pt")
    mean = load(average(tmp_path / "moved.pt", find(DEFAULT), tmp_path / "mean" / "mean.pt", 0.25))
    assert all(torch.allclose(value, shipped[name] + 0.25, atol=1e-5) for name, value in mean["ema"].items())
    assert mean["origin"] == f"{DEFAULT}; mean with {DEFAULT}, 0.25 : 0.75"
