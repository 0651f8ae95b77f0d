"""From a checkpoint to a model folder the segment service loads: file, manifest, card, figures and data list."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from services.segment.models import read
from services.segment.onnx import OnnxRunner
from training.calibrate import FITTED_ON, calibrate, review_map
from training.card import model_card
from training.checkpoint import PROGRESS, commit, load
from training.data import data_folder
from training.evaluate import compare, summary
from training.export import export
from training.judged import judged
from training.network import TwoLooks
from training.predict import from_folder

LICENCE = "Apache-2.0 weights; encoder pre-trained on ImageNet (EfficientNet-Lite0, Apache-2.0)"


def bundle(
    checkpoint: Path, folder: Path, name: str, version: str, *, limit: int | None = None, note: str = ""
) -> Path:
    """Export, calibrate, judge and describe; returns `folder`. `limit` keeps so many products a group;
    `note` is what the card should say about where the first weights come from.
    """
    state = load(checkpoint)
    manifest = write_model(state["ema"], folder, name, version, LICENCE)
    photos = data_folder()
    manifest["calibration"] = calibrate(
        from_folder(folder, calibrated=False), judged(photos, groups=FITTED_ON, limit=limit)
    )
    write_json(folder / "model.json", manifest)
    manifest["review"] = review_map(folder, photos, limit).to_json()
    write_json(folder / "model.json", manifest)
    figures = summary(compare({name: from_folder(folder)}, judged(photos, limit=limit))[name])
    write_json(folder / "figures.json", figures)
    record = {key: state[key] for key in (*PROGRESS, "plan", "commit")}
    record |= {"kinds": state.get("kinds", [])}
    record |= {"export_commit": commit(), "exported": datetime.now(UTC).isoformat(timespec="seconds")}
    write_json(folder / "training.json", record)
    data = checkpoint.with_name("data.json")
    if data.exists():
        shutil.copy(data, folder / "data.json")
    (folder / "MODEL_CARD.md").write_text(model_card(manifest, record, figures, note), encoding="utf-8")
    return folder


def write_model(
    weights: Mapping[str, Tensor], folder: Path, name: str, version: str, licence: str, side: int = 1024
) -> dict[str, Any]:
    """The folder's `model.onnx` and a manifest without calibration yet; returns the manifest."""
    net = TwoLooks()
    net.load_state_dict(weights)
    folder.mkdir(parents=True, exist_ok=True)
    identity = [[0.0, 0.0], [1.0, 1.0]]
    manifest: dict[str, Any] = {
        "name": name,
        "version": version,
        "file": "model.onnx",
        "sha256": export(net.eval(), folder / "model.onnx", side),
        "side": side,
        "looks": [side],
        "calibration": {"edge": identity, "inside": identity},
        "licence": licence,
    }
    write_json(folder / "model.json", manifest)
    maps = OnnxRunner(read(folder)).run(_probe(64))[0]
    manifest["probe"] = {
        "alpha": round(float(maps[..., 0].mean()), 2),
        "confidence": round(float(maps[..., 1].mean()), 2),
    }
    write_json(folder / "model.json", manifest)
    return manifest


def _probe(side: int) -> np.ndarray:
    """The picture of the Triton twin's self-test: a dark square on a light ground."""
    pixels = np.full((1, side, side, 3), 235, np.uint8)
    pixels[:, side // 4 : -side // 4, side // 4 : -side // 4] = (40, 60, 120)
    return pixels


def write_json(path: Path, value: object) -> None:
    """Indented JSON with a line end."""
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
