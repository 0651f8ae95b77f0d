"""Own models as profiles: names, licences, calibration, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from services.segment.calibrate import edge_band
from services.segment.errors import CalibrationStale, ModelsFolderMissing, ProfileNameTaken, UnknownProfile
from services.segment.models import DEFAULT, find
from services.segment.own import confidence, folder
from services.segment.profiles import build
from services.segment.settings import SegmentSettings
from tests.parts import onnxfiles

CARD = "geometry: squash\nmean: 0.5\nstd: 0.1\nlicence: ours alone\n"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    home = tmp_path / "models"
    (home / "deeper").mkdir(parents=True)
    for file in (home / "boots.onnx", home / "deeper" / "hats.onnx"):
        onnxfiles.write(file).with_suffix(".yaml").write_text(CARD)
    shutil.copytree(find(DEFAULT), home / "challenger")
    return home


def square() -> np.ndarray:
    rgb = np.full((80, 80, 3), 255, np.uint8)
    rgb[20:60, 20:60] = 0
    return rgb


def test_every_model_of_the_folder_is_a_profile_beside_the_shipped_ones(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        profiles = build(SegmentSettings(models=models, profile="hats"))
    assert "licence: ours alone" in caplog.text
    assert set(profiles.table) == {"fused", "model", "paper", "boots", "hats", "challenger"}
    assert profiles.get("").segmenter.profile == "hats"
    assert profiles.table["boots"].licence == "ours alone"
    assert profiles.table["boots"].model_version.startswith("boots ")
    assert "confidence not measured" in profiles.table["boots"].model_version
    champion, challenger = profiles.table["model"], profiles.table["challenger"]
    ours, theirs = (one.segmenter.segment(square(), None) for one in (champion, challenger))
    assert np.array_equal(ours.alpha, theirs.alpha)


def test_names_must_differ_and_the_default_must_exist(models: Path) -> None:
    with pytest.raises(UnknownProfile, match="boots"):
        build(SegmentSettings(models=models, profile="shoes"))
    (models / "boots.yaml").write_text(f"{CARD}name: model\n")
    with pytest.raises(ProfileNameTaken, match="model"):
        build(SegmentSettings(models=models))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelsFolderMissing, match="nowhere"):
        build(SegmentSettings(models=tmp_path / "nowhere"))


def test_without_a_measurement_confidence_says_little(models: Path) -> None:
    segmenter, _ = folder.load(folder.inspect(models / "boots.onnx"), 1, ("CPUExecutionProvider",))
    found = segmenter.segment(square(), None)
    band = edge_band(found.alpha)
    assert found.confidence[band].max() <= 0.8
    assert found.confidence[~band].max() <= 0.98
    assert found.confidence[~band].mean() > found.confidence[band].mean()


def test_a_calibration_beside_the_file_is_used_and_changes_the_version(models: Path) -> None:
    file = models / "boots.onnx"
    model = folder.inspect(file)
    before = folder.load(model, 1, ("CPUExecutionProvider",))[1]
    knots = ((0.0, 0.25), (1.0, 0.25))
    confidence.write(file, model.sha256, confidence.Calibration(knots, knots), pictures=9)
    segmenter, after = folder.load(folder.inspect(file), 1, ("CPUExecutionProvider",))
    assert np.all(segmenter.segment(square(), None).confidence == np.float32(0.25))
    assert before != after
    assert "not measured" not in after


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"edge": [[0, 1], [1, 0]]}])
def test_a_calibration_of_another_file_is_refused(models: Path, change: dict[str, object]) -> None:
    file = models / "boots.onnx"
    model = folder.inspect(file)
    path = confidence.write(file, model.sha256, confidence.CAUTIOUS, pictures=9)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CalibrationStale, match=r"boots\.calibration\.json"):
        folder.load(model, 1, ("CPUExecutionProvider",))


def test_a_change_of_the_card_is_another_version(models: Path) -> None:
    def version() -> str:
        return build(SegmentSettings(models=models)).table["boots"].model_version

    before = version()
    (models / "boots.yaml").write_text(CARD.replace("std: 0.1", "std: 0.2"))
    assert version() != before
