"""The training commands: one set of options with `python -m training`, and a sentence where something is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from selvage.cli import main
from selvage.commands_train import tell
from selvage.drawn import drawn
from tests.unit.training.rows import row
from training.promotion import OWN, Outcome, Report, decide


@pytest.mark.parametrize("command", ["train", "evaluate", "export-model"])
def test_help_is_that_of_the_training_room(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert f"selvage {command}" in result.output


@pytest.mark.parametrize("arguments", [["train"], ["export-model", "x.pt"], ["evaluate", "a=x.pt"]])
def test_without_the_train_extra_the_sentence_names_it(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("training.")]:
        monkeypatch.delitem(sys.modules, name)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "pip install 'selvage[train]'" in result.output


def test_finetune_without_the_train_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("training.")]:
        monkeypatch.delitem(sys.modules, name)
    result = CliRunner().invoke(main, ["finetune", str(tmp_path), "--name", "x", "--out", str(tmp_path / "models")])
    assert result.exit_code == 2
    assert "torch" in result.output


def test_without_photos_the_sentence_says_where_they_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SELVAGE_DATA", str(tmp_path / "nothing"))
    from services.segment.models import DEFAULT, find

    result = CliRunner().invoke(main, ["evaluate", f"ours={find(DEFAULT)}"])
    assert result.exit_code == 2
    assert "SELVAGE_DATA" in result.output


@pytest.mark.parametrize(
    ("after", "code", "said"), [(0.8, 0, "Promoted: models/x-v1"), (0.4, 3, "Not promoted: on your")]
)
def test_a_worse_model_ends_with_a_code_and_a_sentence(
    after: float, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = decide([row(OWN, 0.5, 0.01)], [row(OWN, after, 0.02)])
    assert tell(Outcome(Path("models/x-v1"), Report(verdict, {"before": {}, "after": {}}))) == code
    out, err = capsys.readouterr()
    assert said in (err if code else out)


def test_samples_serve_to_rehearse_and_to_judge_by() -> None:
    made = drawn(cutouts=1, pictures=1, size=96)
    assert len(made.cutouts) == len(made.pictures) == 6
    for cutout, picture in zip(made.cutouts, made.pictures, strict=True):
        assert cutout.shape[2] == 4
        assert cutout[..., 3].max() > 250
        assert picture.truth.shape == picture.rgb.shape[:2]
