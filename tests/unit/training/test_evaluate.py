"""Judging: the same pictures for every model, figures and table from rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.segment.models import DEFAULT, find
from services.segment.port import Segmentation
from services.segment.review import Signs
from tests.parts import onnxfiles
from training.alphas import Alphas, write_pictures
from training.calibrate import calibrate, fit_review, for_fitting
from training.data import data_folder, train_files
from training.errors import NotAModel, PicturesMissing
from training.evaluate import compare, review_text, summary, table
from training.judged import Judged, judged
from training.named import model
from training.page import write_page
from training.predict import F32, U8, Through
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


def split(rgb: U8) -> tuple[F32, F32]:
    """Right on squares of tone 40, unsure and off by a wide stretch on darker ones."""
    alpha, confidence = sure(rgb)
    if rgb.min() < 40:
        alpha[240:300] = 0
        confidence[200:340] = 0.2
    return alpha, confidence


def darker(name: str) -> Judged:
    picture = square(name)
    return replace(picture, rgb=np.where(picture.rgb == 40, 20, picture.rgb).astype(np.uint8))


def test_the_risk_of_review_ranks_unseen_products_only() -> None:
    unseen, seen = names(fitting=False, count=4), names(fitting=True, count=1)
    pictures = [*map(square, unseen[:2]), *map(darker, unseen[2:]), *map(square, seen)]
    found = summary(compare({"split": split}, pictures)["split"])["all"]
    assert (found["pictures"], found["touched"]) == (4, 2)
    assert found["review_auroc"] == 1.0
    assert found["review_auroc_95"] == [1.0, 1.0]
    assert review_text({"all": found}) == "1.000 [1.00, 1.00] over 4 composites, 2 to touch"


def test_good_answers_alone_cannot_be_ranked() -> None:
    found = summary(compare({"sure": sure}, [square(name) for name in names(fitting=False, count=1)])["sure"])
    assert found["all"] == {"pictures": 1, "touched": 0}
    assert review_text(found) == "not measured"


def test_phone_photos_are_ranked_beside_composites_and_not_among_them() -> None:
    unseen = names(fitting=False, count=4)
    pictures = [square(unseen[0]), darker(unseen[1]), square(unseen[2], "phone"), square(unseen[3], "phone")]
    found = summary(compare({"split": split}, pictures)["split"])
    assert found["all"]["pictures"] == 2
    assert found["all, phone"]["pictures"] == 4


def test_the_review_map_learns_from_good_and_bad_answers() -> None:
    made = fit_review(split, [square("1"), darker("2")])
    assert made.risk(Signs(0.0, 0.0)) < 0.2
    assert made.risk(Signs(0.4, 0.4)) > 0.8
    with pytest.raises(ValueError, match="good and bad"):
        fit_review(split, [square("1", "phone"), square("2")])


def test_a_fitted_model_tells_its_own_risk() -> None:
    class Told:
        profile = "told"

        def segment(self, rgb: U8, plate: object) -> Segmentation:
            return Segmentation(*sure(rgb), review_risk=0.25)

    row = compare({"told": Through(Told(), plate=False)}, [square("1")])["told"][0]
    assert row.figures["review_risk"] == 0.25


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
    pictures = [square("1"), square("2"), square("3", "coloured")]
    rows = compare({"lost": lost}, pictures)
    worst_sheet({"lost": lost}, rows, pictures, tmp_path / "worst.png")
    assert cv2.imread(str(tmp_path / "worst.png")).shape == (3 * 220, 3 * 220, 3)


def test_a_folder_of_alphas_is_judged_as_a_model(tmp_path: Path) -> None:
    pictures = [square("1"), square("2")]
    assert write_pictures(pictures, tmp_path / "pictures") == 2
    for picture in pictures:
        rgb = cv2.imread(str(tmp_path / "pictures" / "white" / f"{picture.name}.png"))
        assert np.array_equal(rgb[..., ::-1], picture.rgb)
        (tmp_path / "alphas" / "white").mkdir(parents=True, exist_ok=True)
        dark = ((rgb[..., 0] < 128) * 65535).astype(np.uint16)
        cv2.imwrite(str(tmp_path / "alphas" / "white" / f"{picture.name}.png"), dark)
    rows = compare({"theirs": Alphas(tmp_path / "alphas")}, pictures)["theirs"]
    assert [row.figures["edge_accuracy"] for row in rows] == [1.0, 1.0]
    with pytest.raises(PicturesMissing, match=r"3\.png"):
        compare({"theirs": Alphas(tmp_path / "alphas")}, [square("3")])


def test_the_page_holds_figures_intervals_and_pictures(tmp_path: Path) -> None:
    pictures = [square(name) for name in names(fitting=False)]
    rows = compare({"sure": sure, "<lost>": lost}, pictures)
    worst_sheet({"sure": sure, "<lost>": lost}, rows, pictures, tmp_path / "worst.png")
    write_page({name: summary(mine) for name, mine in rows.items()}, tmp_path / "worst.png", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "&lt;lost&gt;" in page
    assert "<lost>" not in page
    assert '<td title="95 %: 0.2500 to 0.2500">0.2500</td>' in page
    assert "data:image/png;base64," in page


def test_what_may_be_judged(tmp_path: Path) -> None:
    file = onnxfiles.write(tmp_path / "own.onnx", side=64)
    file.with_suffix(".yaml").write_text("geometry: squash\nmean: 0.35\nstd: 0.02\nlicence: ours\n")
    picture = square("1")
    for what in (str(file), "paper", str(find(DEFAULT))):
        row = compare({"one": model(what, 64)}, [picture])["one"][0]
        assert row.figures["iou"] > 0.9, what
    assert isinstance(model(str(tmp_path), 64), Alphas)
    for what in ("", "nowhere/model"):
        with pytest.raises(NotAModel):
            model(what, 64)


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
