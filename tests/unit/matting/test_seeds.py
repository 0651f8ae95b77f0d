from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting import tones
from services.matting.pipeline import matte
from services.matting.seeds import corrected
from services.matting.trimap import build
from tests.unit.matting import scenes

SIZE = 192
MIDDLE = np.s_[70:122, 70:122]


def hoop(size: int = SIZE) -> scenes.F32:
    """A ring: paper shows through a hole of a third of the frame."""
    return (scenes.disc(size, 0.4) - scenes.disc(size, 0.18)).astype(np.float32)


def unsure(alpha: scenes.F32, value: float, where: object = MIDDLE) -> tuple[scenes.F32, scenes.F32]:
    """The true alpha and full confidence, but for a place where the model says `value` without confidence."""
    prior, belief = alpha.copy(), np.full(alpha.shape, 0.99, np.float32)
    prior[where], belief[where] = value, 0.4  # type: ignore[index]
    return cv2.GaussianBlur(prior, (0, 0), 1), belief


def seeds(scene: scenes.Scene, maps: tuple[scenes.F32, scenes.F32], plate: bool = False) -> tuple[scenes.U8, scenes.U8]:
    """The trimap before and after."""
    values = build(*maps, scene.alpha.shape).values
    return values, corrected(scene.rgb, values, *maps, scenes.plate_of(scene.background) if plate else None)


def test_an_unsure_interior_is_solid() -> None:
    scene = scenes.scene(scenes.disc(SIZE, 0.4), noise=1.5)
    maps = unsure(scene.alpha, 0.75)
    before, after = seeds(scene, maps)
    assert (before[MIDDLE] == 128).all()
    assert (after[MIDDLE] == 255).all()
    assert (matte(scene.rgb, *maps).alpha[MIDDLE] == 1).all()


def test_the_edge_stays_unknown() -> None:
    scene = scenes.scene(scenes.disc(SIZE, 0.4), noise=1.5)
    before, after = seeds(scene, unsure(scene.alpha, 0.75))
    soft = (scene.alpha > 0.01) & (scene.alpha < 0.99)
    assert (after[soft] == before[soft]).all()


@pytest.mark.parametrize("shape", [scenes.mesh(), scenes.fringe(), hoop()], ids=["mesh", "fringe", "hoop"])
def test_nothing_open_is_closed(shape: scenes.F32) -> None:
    """A model that sees one solid thing, without confidence, where there are holes and gaps."""
    scene = scenes.scene(shape, noise=1.0)
    hull = cv2.morphologyEx(shape, cv2.MORPH_CLOSE, np.ones((81, 81), np.uint8))
    open_places = (hull > 0.5) & (cv2.erode(shape, np.ones((9, 9), np.uint8)) < 1)
    prior = np.where(open_places, 0.8, shape).astype(np.float32)
    belief = np.where(open_places, 0.4, 0.99).astype(np.float32)
    values, after = seeds(scene, (prior, belief))
    assert (values[(shape < 0.99) & (hull > 0.5)] == 128).all()
    assert not ((after == 255) & (shape < 0.99)).any()


def test_a_product_of_the_background_s_tone_is_left_to_the_model() -> None:
    scene = scenes.scene(scenes.disc(SIZE, 0.4), colour=(0.8, 0.8, 0.77), noise=1.5)
    before, after = seeds(scene, unsure(scene.alpha, 0.75))
    assert (after == before).all()


def ghost(alpha: scenes.F32) -> tuple[scenes.F32, scenes.F32]:
    """The model fills the left half of the hole, sure of its upper part."""
    prior, belief = alpha.copy(), np.full(alpha.shape, 0.99, np.float32)
    prior[60:132, 60:100] = 1
    belief[96:132, 60:100] = 0.4
    return cv2.GaussianBlur(prior, (0, 0), 1), belief


def test_paper_seen_through_a_ring_is_background() -> None:
    scene = scenes.scene(hoop(), noise=1.0)
    maps = ghost(scene.alpha)
    hole = scenes.disc(SIZE, 0.16) == 1
    before, after = seeds(scene, maps, plate=True)
    assert (before[hole] == 255).mean() > 0.1
    assert not (after[hole] == 255).any()
    result = matte(scene.rgb, *maps, scenes.plate_of(scene.background))
    assert result.alpha[hole].max() < 0.1
    assert np.abs(result.alpha - scene.alpha).mean() < 0.002


def test_without_a_usable_plate_no_paper_is_known() -> None:
    scene = scenes.scene(hoop(), noise=1.0)
    maps = ghost(scene.alpha)
    values = build(*maps, scene.alpha.shape).values
    unusable = scenes.plate_of(scene.background, usable=False)
    assert (corrected(scene.rgb, values, *maps, unusable) == corrected(scene.rgb, values, *maps)).all()
    assert (matte(scene.rgb, *maps).trimap == 255)[scenes.disc(SIZE, 0.16) == 1].any()


@pytest.mark.parametrize("value", [0.8, 1.0])
def test_a_white_print_that_the_model_calls_product_stays_product(value: float) -> None:
    scene = scenes.scene(hoop(), noise=1.0)
    prior, belief = scenes.disc(SIZE, 0.4), np.full(scene.alpha.shape, 0.99, np.float32)
    print_ = scenes.disc(SIZE, 0.2) > 0
    prior[print_] = value
    before, after = seeds(scene, (prior, belief), plate=True)
    assert (before == 0).any()
    assert (after[before != 128] == before[before != 128]).all()
    assert not (after[print_] == 0).any()


def test_white_cloth_on_white_paper_is_not_eaten() -> None:
    """Half of it equals the plate, and the model is unsure of a part of that."""
    scene = scenes.scene(scenes.disc(SIZE, 0.4), colour=(0.8, 0.8, 0.78), noise=1.0)
    maps = unsure(scene.alpha, 0.8)
    before, after = seeds(scene, maps, plate=True)
    assert ((after == 0) <= (before == 0)).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**31))
def test_known_background_is_never_touched(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice(np.array([0, 128, 255], np.uint8), (height, width))
    rgb = rng.integers(100, 110, (height, width, 3), np.uint8)
    prior, belief = rng.random((2, height, width)).astype(np.float32)
    plate = scenes.plate_of(np.full((height + 4, width + 4, 3), 0.15, np.float32))
    after = corrected(rgb, values, prior, belief, plate)
    assert set(np.unique(after)) <= {0, 128, 255}
    assert (after[values == 0] == 0).all()


def test_a_colour_of_one_side_is_told_and_that_of_both_or_none_is_not() -> None:
    rgb = np.zeros((4, 64, 3), np.uint8)
    rgb[0], rgb[1], rgb[2], rgb[3] = (200, 30, 30), (240, 240, 240), (90, 90, 90), (30, 30, 200)
    front, back = np.zeros((2, 4, 64), bool)
    front[0], front[2, :32], back[1], back[2, 32:] = True, True, True, True
    red, white, grey, blue = tones.share(rgb, front, back)[:, 0]
    assert red > 0.99
    assert white == 0
    assert grey == pytest.approx(0.5, abs=0.01)
    assert blue == 0
