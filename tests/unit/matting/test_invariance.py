"""What must hold for any photo, for both solvers that the service runs by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting.arrays import LINEAR
from services.matting.field import FieldOptions, decided, solve
from services.matting.fine import refine
from services.matting.trimap import build
from tests.unit.matting import scenes

F32, U8 = scenes.F32, scenes.U8
SHAPES = {"disc": scenes.disc, "mesh": scenes.mesh, "fringe": scenes.fringe}
both = pytest.mark.parametrize("fine", [False, True], ids=["field", "fine"])
made = st.tuples(st.sampled_from(sorted(SHAPES)), st.sampled_from([0.0, 1.0, 2.0]), st.floats(-0.2, 0.2))


def solved(rgb: U8, trimap: U8, prior: F32, belief: F32, fine: bool) -> F32:
    options = FieldOptions()
    alpha, band = solve(rgb, trimap, prior, belief, options=options)
    if fine:
        share = decided(band.cells, band.variance, belief, options.law)
        alpha = refine(rgb, LINEAR, trimap, alpha, share)
    return alpha


def photo(kind: str, noise: float, slope: float) -> tuple[U8, U8, F32, F32]:
    """rgb, trimap, prior and belief; 96 px, a whole number of cells, so that mirrored cells are the same cells."""
    made = scenes.scene(SHAPES[kind](96), noise=noise, slope=slope)
    prior, belief = scenes.coarse(made.alpha)
    return made.rgb, build(prior, belief, made.alpha.shape).values, prior, belief


@both
@settings(max_examples=8, deadline=None)
@given(of=made, axis=st.sampled_from([0, 1]))
def test_a_mirrored_photo_gives_the_mirrored_alpha(fine: bool, of: tuple[str, float, float], axis: int) -> None:
    arrays = photo(*of)
    straight = solved(*arrays, fine)
    mirrored = solved(*(np.ascontiguousarray(np.flip(array, axis)) for array in arrays), fine)
    apart = np.abs(np.flip(mirrored, axis) - straight)[arrays[1] == 128]
    # Every other pixel is looked at for colours, and rays start at fixed places: a mirror moves them by one pixel.
    assert apart.mean() < 0.015


@both
@settings(max_examples=8, deadline=None)
@given(of=made, cells=st.tuples(*[st.integers(0, 5)] * 4))
def test_more_paper_around_it_changes_nothing(
    fine: bool, of: tuple[str, float, float], cells: tuple[int, int, int, int]
) -> None:
    rgb, trimap, prior, belief = photo(*of)
    top, bottom, left, right = (4 * count for count in cells)
    large, small = ((top, bottom), (left, right)), ((top // 2, bottom // 2), (left // 2, right // 2))
    padded = solved(
        np.pad(rgb, (*large, (0, 0)), mode="edge"),
        np.pad(trimap, large),
        np.pad(prior, small),
        np.pad(belief, small, constant_values=1),
        fine,
    )
    inside = padded[top : top + 96, left : left + 96]
    assert np.abs(inside - solved(rgb, trimap, prior, belief, fine))[trimap == 128].mean() < 0.005
    assert inside.size + (padded == 0).sum() >= padded.size


@both
@settings(max_examples=15, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    kind=st.sampled_from(["noise", "constant", "white", "black"]),
    known=st.sampled_from(["random", "unknown", "foreground", "background"]),
    seed=st.integers(0, 2**31),
)
def test_any_photo_gives_an_alpha_that_leaves_known_pixels_alone(
    fine: bool, height: int, width: int, kind: str, known: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    value = {"constant": 77, "white": 255, "black": 0}.get(kind)
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    if value is not None:
        rgb[:] = value
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width))
    only = {"unknown": 128, "foreground": 255, "background": 0}.get(known)
    if only is not None:
        trimap[:] = only
    prior, belief = rng.random((2, max(1, height // 2), max(1, width // 2))).astype(np.float32)
    alpha = solved(rgb, trimap, prior, belief, fine)
    assert alpha.dtype == np.float32 and alpha.shape == trimap.shape
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0 and alpha.max() <= 1
    assert (alpha[trimap == 255] == 1).all() and (alpha[trimap == 0] == 0).all()


@both
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_single_pixel(fine: bool, value: int) -> None:
    """Known it is exact; unknown, nothing but the model can speak."""
    one = np.full((1, 1), 0.4, np.float32)
    alpha = solved(np.full((1, 1, 3), 90, np.uint8), np.full((1, 1), value, np.uint8), one, np.ones_like(one), fine)
    assert alpha[0, 0] == pytest.approx({0: 0, 128: 0.4, 255: 1}[value], abs=0.02)
