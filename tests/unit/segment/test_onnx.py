"""The shipped model in process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from services.segment.errors import ModelContract, ModelMissing, ProviderMissing
from services.segment.models import DEFAULT, find, read
from services.segment.onnx import OnnxRunner

LARGEST = 16 << 20


@pytest.fixture(scope="module")
def runner() -> OnnxRunner:
    return OnnxRunner(read(find(DEFAULT)))


def test_it_keeps_the_contract_for_batches(runner: OnnxRunner) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    both = runner.run(pixels)
    assert both.shape == (2, 64, 64, 2) and both.dtype == np.uint8
    np.testing.assert_allclose(both[1].astype(int), runner.run(pixels[1:])[0].astype(int), atol=1)


def test_it_gives_the_answer_its_manifest_knows(runner: OnnxRunner) -> None:
    pixels = np.full((1, 64, 64, 3), 235, np.uint8)
    pixels[:, 16:-16, 16:-16] = (40, 60, 120)
    maps = runner.run(pixels)[0]
    known = json.loads((find(DEFAULT) / "model.json").read_text())["probe"]
    assert abs(maps[..., 0].mean() - known["alpha"]) <= 1
    assert abs(maps[..., 1].mean() - known["confidence"]) <= 1


def test_it_finds_a_plain_product() -> None:
    manifest = read(find(DEFAULT))
    pixels = np.full((1, 256, 256, 3), 230, np.uint8)
    pixels[:, 64:192, 80:176] = (150, 40, 40)
    alpha = OnnxRunner(manifest).run(pixels)[0, ..., 0]
    assert alpha[90:160, 100:150].mean() > 230
    assert alpha[:30].mean() < 10


def test_a_provider_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ProviderMissing) as caught:
        OnnxRunner(read(find(DEFAULT)), providers=("NoSuchExecutionProvider",))
    assert "NoSuchExecutionProvider" in caught.value.message


def test_the_shipped_file_is_small_and_carries_its_card() -> None:
    folder = find(DEFAULT)
    assert read(folder).weights.stat().st_size <= LARGEST
    card = (folder / "MODEL_CARD.md").read_text()
    assert read(folder).sha256 in card
    assert "ImageNet" in card


def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find(DEFAULT), tmp_path / "own"))


def test_a_swapped_file_is_noticed(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "model.onnx").write_bytes(b"something else")
    with pytest.raises(ModelMissing, match="sha256"):
        read(folder)


@pytest.mark.parametrize("change", [{"looks": [512, 256]}, {"side": "?"}, {"calibration": {}}])
def test_a_manifest_that_makes_no_sense_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    folder = copy(tmp_path)
    fields = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(fields | change))
    with pytest.raises(ModelMissing):
        read(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        read(tmp_path / "nowhere")


def test_a_file_that_is_no_model_or_not_ours_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "model.onnx").write_bytes(b"no model")
    import hashlib

    fields = json.loads((folder / "model.json").read_text())
    fields["sha256"] = hashlib.sha256(b"no model").hexdigest()
    (folder / "model.json").write_text(json.dumps(fields))
    with pytest.raises((ModelMissing, ModelContract)):
        OnnxRunner(read(folder))
