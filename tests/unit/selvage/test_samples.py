"""Sample photos: exact truth, the shapes each family promises, files that open."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvips

from selvage.samples import FAMILIES, Sample, render
from selvage.samples.write import write

SIZE = 480


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    return {family: render(family, 3, SIZE) for family in FAMILIES}


def holes(alpha: np.ndarray, least: int) -> int:
    """Regions of paper that are not joined to the frame, at least so many pixels large."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha < 0.05).astype(np.uint8), connectivity=4)
    outside = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))
    paper = [label for label in range(1, count) if label not in outside]
    return sum(int(stats[label, cv2.CC_STAT_AREA]) >= least for label in paper)


def encoded(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_photo_is_its_layers_put_together(samples: dict[str, Sample], family: str) -> None:
    sample = samples[family]
    whole = sample.light + ((1 - sample.alpha) * sample.shadow)[..., None] * sample.paper
    error = sample.rgb.astype(np.float64) - encoded(whole)
    # Only grain is left: no bias anywhere, not in the soft edge either.
    soft = (sample.alpha > 0.05) & (sample.alpha < 0.95)
    assert abs(error.mean()) < 0.1
    assert abs(error[soft].mean()) < 0.25
    assert np.abs(error).max() < 14


@pytest.mark.parametrize("family", FAMILIES)
def test_alpha_holds_no_shadow_and_light_is_premultiplied(samples: dict[str, Sample], family: str) -> None:
    sample = samples[family]
    assert sample.alpha.dtype == np.float32
    assert sample.alpha.min() == 0.0
    assert sample.alpha.max() <= 1.0
    assert not sample.light[sample.alpha == 0].any()
    cast = (sample.alpha == 0) & (sample.shadow < 0.9)
    assert cast.sum() > 50, "the shadow lies outside of the product"


@pytest.mark.parametrize(("family", "least"), [("bag", 2), ("ring", 1)])
def test_paper_shows_through_holes(samples: dict[str, Sample], family: str, least: int) -> None:
    assert holes(samples[family].alpha, 300) >= least


def test_the_neck_hole_shows_the_inner_back_and_is_no_hole(samples: dict[str, Sample]) -> None:
    assert holes(samples["garment"].alpha, 20) == 0


def test_mesh_is_fractional_and_fringe_is_fine(samples: dict[str, Sample]) -> None:
    mesh, fringe = samples["mesh"].alpha, samples["fringe"].alpha
    product = mesh > 0.02
    assert ((mesh > 0.1) & (mesh < 0.95)).sum() > 0.5 * product.sum()
    assert ((fringe > 0.1) & (fringe < 0.9)).sum() > 0.03 * (fringe > 0.02).sum()


def test_same_seed_same_picture_and_other_seed_another() -> None:
    first, again, other = (render("ring", seed, 128) for seed in (5, 5, 6))
    assert np.array_equal(first.rgb, again.rgb)
    assert not np.array_equal(first.rgb, other.rgb)


@pytest.mark.parametrize(("family", "size"), [("hat", 200), ("ring", 10), ("ring", 9000)])
def test_what_cannot_be_rendered_is_refused(family: str, size: int) -> None:
    with pytest.raises(ValueError, match=r"unknown family|size is"):
        render(family, 1, size)


def test_files_are_photos_with_truth_aside(tmp_path: Path) -> None:
    paths = list(write(tmp_path, count=2, size=128, seed=4, truth=True))
    assert [path.name for path in paths] == ["GARMENT-1001_1.jpg", "BAG-1002_1.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["BAG-1002_1.jpg", "GARMENT-1001_1.jpg", "truth"]
    photo = pyvips.Image.new_from_file(str(paths[1]))
    assert (photo.width, photo.height) == (102, 128)
    truth = pyvips.Image.new_from_file(str(tmp_path / "truth" / "BAG-1002_1.png")).numpy()
    expected = render("bag", np.random.default_rng([4, 1]), 128).alpha
    assert truth.dtype == np.uint16
    assert np.abs(truth / 65535 - expected).max() <= 1 / 65535
