"""The learned-free profile on scenes with known truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.paper import estimate
from services.kit.pictures.colour import to_linear, to_srgb8
from services.segment.calibrate import calibration_error, edge_band
from services.segment.errors import PlateMissing
from services.segment.paper import PaperSegmenter
from services.segment.port import Segmentation
from tests.parts.composites import composite, load_cutouts

SIZE = (320, 320)
WHITE, GREY, BLUE = (0.93, 0.93, 0.92), (0.55, 0.55, 0.56), (0.3, 0.45, 0.75)


def disc(radius: int, hole: int = 0) -> NDArray[np.float32]:
    """Anti-aliased disc in the middle, with a hole."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    distance = np.hypot(y - SIZE[0] / 2, x - SIZE[1] / 2)
    alpha = np.clip(radius - distance, 0, 1) - (np.clip(hole - distance, 0, 1) if hole else 0)
    return alpha.astype(np.float32)


def photo(
    alpha: NDArray[np.float32], product: tuple[float, float, float], paper: tuple[float, float, float]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A product on paper with a soft shadow to its lower right; returns the shadow (share of light taken) too."""
    shadow = cv2.GaussianBlur(np.roll((alpha > 0.5).astype(np.float32), (14, 22), (0, 1)), (0, 0), 7) * 0.5
    linear = to_linear(np.float32(paper)) * (1 - shadow * (1 - alpha))[..., None]
    linear = linear * (1 - alpha[..., None]) + to_linear(np.float32(product)) * alpha[..., None]
    grain = np.random.default_rng(1).normal(0, 0.004, linear.shape)
    return to_srgb8((linear + grain * np.sqrt(np.maximum(linear, 1e-3))).astype(np.float32)), shadow * (alpha < 0.01)


def segment(rgb: NDArray[np.uint8]) -> Segmentation:
    return PaperSegmenter().segment(rgb, estimate(rgb))


@pytest.mark.parametrize(
    ("product", "paper"),
    [
        ((0.8, 0.2, 0.2), WHITE),
        ((0.1, 0.1, 0.1), WHITE),
        ((0.6, 0.6, 0.59), WHITE),  # grey on white: the paper's own hue, darker, yet no shadow
        ((0.95, 0.95, 0.95), GREY),
        ((0.9, 0.8, 0.2), BLUE),
        ((0.6, 0.6, 0.6), (0.09, 0.09, 0.09)),
    ],
)
def test_product_is_found_and_its_shadow_is_not(
    product: tuple[float, float, float], paper: tuple[float, float, float]
) -> None:
    truth = disc(70)
    rgb, shadow = photo(truth, product, paper)
    found = segment(rgb)
    assert np.abs(found.alpha - truth).mean() < 0.01
    assert found.alpha[shadow > 0.05].mean() < 0.03


def test_a_hole_that_shows_paper_stays_a_hole() -> None:
    truth = disc(90, hole=35)
    rgb, _ = photo(truth, (0.7, 0.3, 0.1), GREY)
    assert segment(rgb).alpha[145:175, 145:175].max() < 0.1


def test_the_outline_is_right_within_a_fraction_of_a_pixel() -> None:
    truth = disc(70)
    rgb, _ = photo(truth, (0.8, 0.2, 0.2), GREY)
    mixed = (truth > 0.05) & (truth < 0.95)
    assert np.abs(segment(rgb).alpha - truth)[mixed].mean() < 0.12


def test_an_empty_paper_stays_empty() -> None:
    rgb, _ = photo(np.zeros(SIZE, np.float32), (0, 0, 0), GREY)
    assert segment(rgb).alpha.max() < 0.01


def test_exactly_white_paper_and_no_noise() -> None:
    rgb = np.full((*SIZE, 3), 255, np.uint8)
    rgb[100:220, 100:220] = (30, 60, 90)
    found = segment(rgb)
    assert np.isfinite(found.alpha).all() and np.isfinite(found.confidence).all()
    assert found.alpha[120:200, 120:200].min() > 0.99
    assert found.alpha[:90].max() == 0


def test_without_a_plate_it_says_so() -> None:
    with pytest.raises(PlateMissing):
        PaperSegmenter().segment(np.zeros((*SIZE, 3), np.uint8), None)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("ground", ["white", "grey", "coloured", "black"])
def test_real_products_on_paper_with_falloff_noise_and_shadow(ground: str) -> None:
    """The figures the profile must keep: alpha error <= 0.02, alpha over true shadow <= 0.05."""
    rng = np.random.default_rng(20)
    errors, leaks = [], []
    for _, cutout in load_cutouts("val")[::4]:
        made = composite(cutout, rng, ground=ground, size=(480, 480))
        found = segment(made.rgb)
        errors.append(np.abs(found.alpha - made.alpha).mean())
        leaks.append(found.alpha[(made.shadow > 0.05) & (made.alpha < 0.01)].mean())
    assert np.mean(errors) <= 0.02
    assert np.mean(leaks) <= 0.05


@pytest.mark.data
@pytest.mark.slow
def test_confidence_is_a_probability_along_the_outline_and_low_on_same_tone() -> None:
    """On products the fit never saw: edge-band calibration error, and less confidence where product and paper match."""
    rng = np.random.default_rng(21)
    means = {}
    said, right = [], []
    for ground in ("white", "coloured", "same_tone"):
        mine = []
        for _, cutout in load_cutouts("val")[::4]:
            made = composite(cutout, rng, ground=ground, size=(480, 480))
            found = segment(made.rgb)
            band = edge_band(found.alpha)
            said.append(found.confidence[band])
            right.append(np.abs(found.alpha - made.alpha)[band] <= 0.1)
            mine.append(found.confidence[made.alpha > 0.5].mean())
        means[ground] = np.mean(mine)
    assert calibration_error(np.concatenate(said), np.concatenate(right)) < 0.1
    assert means["same_tone"] < means["coloured"] - 0.02
