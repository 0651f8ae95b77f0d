"""The original shadow, from the photo alone to the layer, against shadows that are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.kit import paper
from services.matting.shadow import extract
from tests.parts import shadows
from tests.parts.composites import load_cutouts

RMSE, FALSE = 3.0, 0.5  # 8-bit levels


def proven(lit: shadows.Lit) -> None:
    layer, detail = extract(lit.rgb, lit.alpha, paper.estimate(lit.rgb))
    assert layer is not None, detail
    inside, false = shadows.errors(layer, lit)
    assert inside <= RMSE
    assert false <= FALSE


@pytest.mark.parametrize("ground", ["flat", "sweep"])
def test_a_known_shadow_comes_back_where_no_drop_shadow_could_be_right(ground: str) -> None:
    lit = shadows.photo(shadows.bottle(), ground, side=700)
    proven(lit)
    assert shadows.best_drop_shadow(lit) > 10
    none = shadows.errors(np.full((2, 2, 3), 255, np.uint8), lit)[0]
    assert none > 15


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("ground", ["flat", "sweep"])
def test_real_cutouts_get_their_shadow_back(ground: str) -> None:
    known = load_cutouts("val")
    for seed, (_, cutout) in enumerate(known[:: len(known) // 4][:4]):
        proven(shadows.photo(cutout, ground, seed=seed))


def test_coloured_light_stays_in_the_layer() -> None:
    lit = shadows.photo(shadows.bottle(), side=700)
    layer, _ = extract(lit.rgb, lit.alpha, paper.estimate(lit.rgb))
    assert layer is not None
    full = cv2.resize(layer, lit.alpha.shape[::-1]).astype(np.float32)
    # The warm light falls from one side, so on the other its shadow lacks red, and the other way round.
    warm, seen = (plane[..., 0] - plane[..., 2] for plane in (255 * lit.truth, full))
    assert warm[lit.inside].std() > 1.0
    assert np.corrcoef(warm[lit.inside], seen[lit.inside])[0, 1] > 0.85


def test_clean_paper_without_a_shadow_stays_white() -> None:
    lit = shadows.photo(shadows.bottle(), side=700, shadow=False)
    layer, _ = extract(lit.rgb, lit.alpha, paper.estimate(lit.rgb))
    seen = np.zeros(1) if layer is None else 255 - layer[lit.clear].astype(float)
    assert seen.mean() <= FALSE


def test_a_shadow_that_runs_out_of_a_tight_crop_is_refused() -> None:
    lit = shadows.photo(shadows.bottle(), side=900, fill=0.45)
    ys, xs = np.where(lit.alpha > 0.5)
    crop = np.s_[ys.min() - 12 : ys.max() + 12, xs.min() - 12 : xs.max() + 12]
    layer, detail = extract(lit.rgb[crop], lit.alpha[crop], paper.estimate(lit.rgb[crop]))
    assert layer is None
    assert "border" in detail or "paper" in detail


def test_a_busy_background_is_refused() -> None:
    lit = shadows.photo(shadows.bottle(), side=700)
    rng = np.random.default_rng(3)
    clutter = cv2.resize(rng.integers(0, 255, (9, 9, 3), np.uint8), lit.alpha.shape[::-1], interpolation=cv2.INTER_AREA)
    busy = np.where(lit.alpha[..., None] > 0, lit.rgb, clutter)
    layer, detail = extract(busy, lit.alpha, paper.estimate(busy))
    assert layer is None
    assert "no usable paper" in detail


def test_clipped_white_paper_gives_its_shadow_and_no_nan() -> None:
    lit = shadows.photo(shadows.bottle(), side=700, tone=1.35, noise=0, jpeg=100)
    assert (lit.rgb[:40] == 255).all()
    proven(lit)


def test_clipped_white_paper_without_a_shadow_is_said_to_have_none() -> None:
    lit = shadows.photo(shadows.bottle(), side=700, tone=1.35, noise=0, jpeg=100, shadow=False)
    layer, detail = extract(lit.rgb, lit.alpha, paper.estimate(lit.rgb))
    assert layer is None
    assert detail == "the paper shows no shadow"
