"""The confidence of a user's own model, measured on labelled photos."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from selvage.cli import main
from services.segment.own import confidence, folder
from services.segment.settings import SegmentSettings
from tests.parts import odd_products, onnxfiles
from training.errors import TooFewPairs
from training.own import calibrate_own

CARD = "geometry: squash\nmean: 0.35\nstd: 0.02\nlicence: ours\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = onnxfiles.write(tmp_path / "dark.onnx", side=96)
    file.with_suffix(".yaml").write_text(CARD)
    return file


def test_a_model_that_errs_is_believed_less(tmp_path: Path, model: Path) -> None:
    """The test's model calls dark pixels product, whatever they are: it errs often along the outline."""
    pairs = odd_products.write_pairs(tmp_path / "pairs", skus=6, shots=1)
    found = calibrate_own(model, pairs, SegmentSettings())
    assert found.path == confidence.calibration_file(model)
    assert found.pictures == 6
    assert 0 <= found.error_after < found.error_before <= 1
    own = folder.inspect(model)
    measured = confidence.read(model, own.sha256)
    assert measured is not None
    assert "not measured" not in folder.load(own, 1, ("CPUExecutionProvider",))[1]


def test_too_few_photos_are_refused(tmp_path: Path, model: Path) -> None:
    pairs = odd_products.write_pairs(tmp_path / "pairs", skus=2, shots=1)
    with pytest.raises(TooFewPairs, match="2 photos"):
        calibrate_own(model, pairs, SegmentSettings())


def test_the_command_says_what_it_found(tmp_path: Path, model: Path) -> None:
    pairs = odd_products.write_pairs(tmp_path / "pairs", skus=3, shots=2)
    result = CliRunner().invoke(main, ["calibrate", str(model), "--pairs", str(pairs)])
    assert result.exit_code == 0, result.output
    assert "dark.calibration.json: 6 photos" in result.output
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    result = CliRunner().invoke(main, ["calibrate", str(broken), "--pairs", str(pairs)])
    assert result.exit_code == 2
    assert "broken.onnx" in result.output
