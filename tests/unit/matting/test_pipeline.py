from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting.arrays import encode
from services.matting.errors import MapsDoNotFit, UnknownSolver
from services.matting.pipeline import MatteOptions, matte
from tests.unit.matting import scenes


def test_the_whole_way_improves_on_the_coarse_alpha() -> None:
    scene = scenes.scene(scenes.fringe(), noise=1.0)
    prior, belief = scenes.coarse(scene.alpha)
    result = matte(scene.rgb, prior, belief)
    coarse = np.kron(prior, np.ones((2, 2), np.float32))
    assert np.abs(result.alpha - scene.alpha).mean() < 0.3 * np.abs(coarse - scene.alpha).mean()
    assert (result.alpha.dtype, result.confidence.dtype, result.trimap.dtype) == (np.float32, np.uint8, np.uint8)
    assert result.alpha.shape == result.confidence.shape == result.trimap.shape == result.foreground.shape[:2]
    assert result.numbers.status == "ok"
    assert result.numbers.solver == "field"
    assert result.numbers.subjects == 1
    assert result.shadow is None
    assert "no plate" in result.numbers.shadow_detail


def test_a_plate_brings_the_shadow_layer() -> None:
    scene = scenes.scene(scenes.disc(256), slope=0.0, noise=0.5)
    rgb = scene.rgb.copy()
    cast = 1 - 0.3 * np.roll(scene.alpha, 20, 1) * (1 - scene.alpha)
    rgb = (rgb * np.where(scene.alpha[..., None] > 0.5, 1, cast[..., None])).astype(np.uint8)
    result = matte(rgb, *scenes.coarse(scene.alpha), scenes.plate_of(scene.background))
    assert result.numbers.shadow_detail == ""
    assert result.shadow is not None
    assert result.shadow.min() < 200


def test_pymatting_goes_the_same_way() -> None:
    scene = scenes.scene(scenes.disc(96))
    result = matte(scene.rgb, *scenes.coarse(scene.alpha), options=MatteOptions(solver="pymatting-cf"))
    assert result.numbers.solver == "pymatting-cf"
    assert np.abs(result.alpha - scene.alpha).mean() < 0.005
    assert (result.foreground[result.trimap != 128] == scene.rgb[result.trimap != 128]).all()


@pytest.mark.parametrize(
    ("alpha", "confidence", "status", "mean"),
    [(0.0, 1.0, "empty", 0.0), (1.0, 1.0, "full", 1.0), (0.4, 1.0, "no_foreground_seed", 0.4)],
)
def test_degenerate_photos_give_a_named_matte(alpha: float, confidence: float, status: str, mean: float) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    maps = np.full((30, 40), alpha, np.float32), np.full((30, 40), confidence, np.float32)
    result = matte(rgb, *maps)
    assert result.numbers.status == status
    assert result.alpha.mean() == pytest.approx(mean, abs=0.02)


def test_the_recomposed_photo_is_the_photo() -> None:
    """Colours and alpha are consistent: laid on the old paper they give the photo again."""
    scene = scenes.scene(scenes.mesh(), noise=0.5)
    result = matte(scene.rgb, *scenes.coarse(scene.alpha))
    laid = result.alpha[..., None] * scenes.linear(result.foreground)
    laid += (1 - result.alpha[..., None]) * scene.background
    assert np.abs(encode(laid) * 255 - scene.rgb)[result.trimap == 128].mean() < 3


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**31), st.booleans())
def test_no_input_of_the_right_shape_breaks_it(height: int, width: int, seed: int, broken: bool) -> None:
    rng = np.random.default_rng(seed)
    alpha, confidence = rng.random((2, height, width)).astype(np.float32)
    if broken:
        alpha[rng.random((height, width)) < 0.3] = np.nan
        confidence[rng.random((height, width)) < 0.3] = np.inf
    result = matte(rng.integers(0, 256, (height, width, 3), np.uint8), alpha, confidence)
    assert np.isfinite(result.alpha).all()
    assert 0 <= result.alpha.min() <= result.alpha.max() <= 1
    assert np.isfinite([result.numbers.band_confidence, result.numbers.edge_contrast]).all()


def test_maps_that_do_not_fit_are_refused() -> None:
    rgb = np.zeros((100, 200, 3), np.uint8)
    good = np.zeros((50, 100), np.float32)
    with pytest.raises(MapsDoNotFit, match="200 x 100"):
        matte(rgb, good.T, good.T)
    with pytest.raises(MapsDoNotFit, match="confidence"):
        matte(rgb, good, good[:40])
    with pytest.raises(MapsDoNotFit, match="uint8"):
        matte(rgb.astype(np.float32), good, good)  # type: ignore[arg-type]
    with pytest.raises(UnknownSolver, match="field, fine, pymatting-cf"):
        matte(rgb, good, good, options=MatteOptions(solver="best"))


@pytest.mark.parametrize("step", range(5))
def test_it_stops_between_its_steps(step: int) -> None:
    made = scenes.scene(scenes.disc())
    left = step

    def go_on() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        matte(made.rgb, *scenes.coarse(made.alpha), go_on=go_on)
