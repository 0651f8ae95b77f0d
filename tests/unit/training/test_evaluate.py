"""Judging: the same pictures for every model, figures and table from rows."""

from __future__ import annotations

import numpy as np
import pytest

from training.calibrate import calibrate, for_fitting
from training.data import data_folder, train_files
from training.evaluate import compare, summary, table
from training.judged import Judged, judged
from training.predict import F32, U8
from training.sheet import worst_sheet


def square(name: str, group: str = "white") -> Judged:
    truth = np.zeros((960, 960), np.float32)
    truth[240:720, 240:720] = 1
    rgb = np.where(truth[..., None] > 0, 40, 230).astype(np.uint8).repeat(3, 2)
    return Judged(group, name, name, rgb, truth, None)


def sure(rgb: U8) -> tuple[F32, F32]:
    return (rgb[..., 0] < 128).astype(np.float32), np.ones(rgb.shape[:2], np.float32)


def lost(rgb: U8) -> tuple[F32, F32]:
    return np.zeros(rgb.shape[:2], np.float32), np.full(rgb.shape[:2], 0.5, np.float32)


def names(fitting: bool, count: int = 3) -> list[str]:
    return [name for name in map(str, range(40)) if for_fitting(name) == fitting][:count]


def test_a_right_and_a_lost_model_side_by_side() -> None:
    rows = compare({"sure": sure, "lost": lost}, [square(name) for name in names(fitting=False)])
    figures = {model: summary(mine) for model, mine in rows.items()}
    assert figures["sure"]["white"]["edge_accuracy"] == 1.0
    assert figures["sure"]["white"]["iou"] == 1.0
    assert figures["sure"]["white"]["edge_ece"] == pytest.approx(0, abs=1e-6)
    assert figures["lost"]["white"]["edge_accuracy"] == 0.0
    assert figures["lost"]["white"]["mae"] == pytest.approx(0.25)
    text = table(figures)
    assert text.count("\n") == 3
    assert "| white | lost | 3 | 0.0000 | 0.0000 |" in text


def test_the_fitting_half_has_no_calibration_figure() -> None:
    rows = compare({"sure": sure}, [square(name) for name in names(fitting=True)])
    assert "edge_ece" not in summary(rows["sure"])["white"]


def test_calibration_learns_how_often_the_score_is_right() -> None:
    """A model that is right everywhere but says one half gets a confidence near one, away from the edge and at it."""

    def shy(rgb: U8) -> tuple[F32, F32]:
        return sure(rgb)[0], np.full(rgb.shape[:2], 0.5, np.float32)

    knots = calibrate(shy, [square(name) for name in names(fitting=True)])
    assert set(knots) == {"edge", "inside"}
    assert np.interp(0.5, *zip(*knots["inside"], strict=True)) == pytest.approx(1.0)


def test_the_sheet_shows_photo_truth_and_models(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import cv2

    pictures = [square("1"), square("2"), square("3", "coloured")]
    rows = compare({"lost": lost}, pictures)
    worst_sheet({"lost": lost}, rows, pictures, tmp_path / "worst.png")
    assert cv2.imread(str(tmp_path / "worst.png")).shape == (3 * 220, 3 * 220, 3)


@pytest.mark.data
def test_judged_pictures_are_the_same_every_day_and_not_from_training() -> None:
    try:
        folder = data_folder()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    first, again = (list(judged(folder, limit=1, groups=("same_tone", "phone"))) for _ in range(2))
    assert [one.group for one in first] == ["same_tone", "phone"]
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.rgb, two.rgb)
        assert one.rgb.shape[:2] == one.truth.shape
    trained = {path.stem for path in train_files(folder)}
    assert not {one.name for one in judged(folder, limit=4, groups=("white", "people", "phone"))} & trained
