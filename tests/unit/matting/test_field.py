from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting.arrays import encode
from services.matting.field import FieldOptions, Law, blocks, cells, contrast, law, multigrid, solve
from services.matting.trimap import build
from tests.unit.matting import scenes

ROWS = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
COLUMNS = [0, 1, 2, 3, 1, 2, 3, 2, 3, 3]


def matted(scene: scenes.Scene, factor: int = 2, **keywords: Any) -> tuple[scenes.F32, scenes.U8, scenes.F32]:
    """Alpha, trimap and the coarse alpha at full size of a scene."""
    prior, belief = scenes.coarse(scene.alpha, factor)
    trimap = build(prior, belief, scene.alpha.shape).values
    alpha, _ = solve(scene.rgb, trimap, prior, belief, **keywords)
    coarse = np.kron(prior, np.ones((factor, factor), np.float32))
    return alpha, trimap, coarse


@pytest.mark.parametrize("shape", [scenes.disc(), scenes.mesh(), scenes.fringe()], ids=["disc", "mesh", "fringe"])
def test_the_true_alpha_is_recovered_when_the_colours_tell(shape: scenes.F32) -> None:
    scene = scenes.scene(shape, noise=1.0)
    alpha, trimap, coarse = matted(scene)
    band = trimap == 128
    error, before = np.abs(alpha - shape)[band].mean(), np.abs(coarse - shape)[band].mean()
    assert error < 0.02
    assert error < 0.35 * before


def test_an_enclosed_hole_without_any_seed_opens() -> None:
    """Known background lies only outside; the paper seen through the ring is the same."""
    ring = scenes.disc(192, 0.35) - scenes.disc(192, 0.06)
    scene = scenes.scene(ring)
    prior, belief = scenes.coarse(ring)
    trimap = build(prior, belief, ring.shape).values
    hole = scenes.disc(192, 0.1) > 0
    trimap[hole] = 128
    blind = np.where(np.kron(np.ones((1, 1)), hole[::2, ::2]), 0.2, belief).astype(np.float32)
    alpha, _ = solve(scene.rgb, trimap, np.where(hole[::2, ::2], 0.6, prior).astype(np.float32), blind)
    assert np.abs(alpha - ring)[hole].mean() < 0.03


def test_where_product_and_paper_share_a_tone_the_model_stands() -> None:
    scene = scenes.scene(scenes.disc(), colour=(0.79, 0.79, 0.77), slope=0.0, noise=1.5)
    alpha, trimap, coarse = matted(scene)
    band = trimap == 128
    assert np.abs(alpha - coarse)[band].mean() < 0.03


def test_known_pixels_are_untouched_and_exact() -> None:
    alpha, trimap, _ = matted(scenes.scene(scenes.fringe(), noise=2.0))
    assert (alpha[trimap == 255] == 1).all()
    assert (alpha[trimap == 0] == 0).all()


@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]], ids=["up", "left"])
def test_a_mirrored_photo_gives_a_mirrored_alpha(flip: Any) -> None:
    scene = scenes.scene(scenes.fringe(), noise=1.0)
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    straight, _ = solve(scene.rgb, trimap, prior, belief)
    maps = (np.ascontiguousarray(array[flip]) for array in (scene.rgb, trimap, prior, belief))
    mirrored, _ = solve(*maps)
    assert np.abs(mirrored[flip] - straight)[trimap == 128].mean() < 0.003


def test_a_plate_names_the_paper_in_a_hole_of_another_light() -> None:
    """The paper darkens strongly towards the middle, where only the plate can know it."""
    alpha = scenes.disc(192, 0.4) - scenes.disc(192, 0.12)
    y, x = np.mgrid[-1:1:192j, -1:1:192j].astype(np.float32)
    paper = (0.8 - 0.5 * np.exp(-(x * x + y * y) / 0.08))[..., None] * np.ones(3, np.float32)
    front = np.float32([0.25, 0.05, 0.05])
    mixed = alpha[..., None] * front + (1 - alpha[..., None]) * paper
    rgb = np.rint(encode(mixed) * 255).astype(np.uint8)
    prior, belief = scenes.coarse(alpha)
    hole = scenes.disc(192, 0.16) > 0
    trimap = build(prior, belief, alpha.shape).values
    trimap[hole] = 128
    blind = np.where(hole[::2, ::2], 0.2, belief).astype(np.float32)
    guess = np.where(hole[::2, ::2], 0.5, prior).astype(np.float32)
    without, _ = solve(rgb, trimap, guess, blind)
    with_plate, _ = solve(rgb, trimap, guess, blind, scenes.plate_of(paper))
    refused, _ = solve(rgb, trimap, guess, blind, scenes.plate_of(paper, usable=False))
    assert np.abs(with_plate - alpha)[hole].mean() < 0.5 * np.abs(without - alpha)[hole].mean()
    assert (refused == without).all()


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    kind=st.sampled_from(["noise", "constant", "white", "black"]),
    known=st.sampled_from(["random", "unknown", "foreground", "background"]),
    seed=st.integers(0, 2**31),
)
def test_any_input_gives_a_finite_alpha_in_range(height: int, width: int, kind: str, known: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    value = {"constant": 77, "white": 255, "black": 0}.get(kind)
    shape = (height, width, 3)
    rgb = rng.integers(0, 256, shape, np.uint8) if value is None else np.full(shape, value, np.uint8)
    only = {"unknown": 128, "foreground": 255, "background": 0}.get(known)
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width)) if only is None else np.full(
        (height, width), only, np.uint8
    )  # fmt: skip
    prior, belief = rng.random((2, max(1, height // 2), max(1, width // 2))).astype(np.float32)
    alpha, band = solve(rgb, trimap, prior, belief)
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert (alpha[trimap == 255] == 1).all()
    assert (alpha[trimap == 0] == 0).all()
    for values in (band.background, band.deviation, band.variance, band.residual):
        assert np.isfinite(values).all()


def test_with_nothing_known_the_models_alpha_is_the_answer() -> None:
    rng = np.random.default_rng(3)
    prior = scenes.coarse(scenes.disc(96), 1)[0]
    trimap = np.full(prior.shape, 128, np.uint8)
    alpha, _ = solve(rng.integers(0, 256, (96, 96, 3), np.uint8), trimap, prior, np.ones_like(prior))
    assert np.abs(alpha - prior).max() < 0.02


def test_multigrid_solves_the_cell_system_of_a_dense_solver() -> None:
    rng = np.random.default_rng(4)
    grid = cells.from_mask((rng.random((14, 17)) < 0.6).astype(np.uint8), 8)
    count = len(grid)
    samples = rng.normal(0, 0.3, (count, 12, 4))
    samples[..., 3] = 1
    every = np.stack([(samples[..., i] * samples[..., j]).sum(1) for i, j in zip(ROWS, COLUMNS, strict=True)], 1)
    known = every * (rng.random(count) < 0.3)[:, None]
    right = rng.normal(0, 1, (count, 4)) * (known[:, 9:] > 0)
    edges, diagonal = np.empty((count, 4, 10)), np.empty((count, 10))
    blocks.assemble(every, known, grid.neighbours, 0.5, 1e-3, np.full(count, 1e-2), edges, diagonal)
    dense = np.zeros((count, 4, count, 4))
    for k in range(count):
        for i, j, value in zip(ROWS, COLUMNS, diagonal[k], strict=True):
            dense[k, i, k, j] = dense[k, j, k, i] = value
        for e in range(4):
            other = grid.neighbours[k, 5 + e]
            if other >= 0:
                for i, j, value in zip(ROWS, COLUMNS, edges[k, e], strict=True):
                    for a, b in ((k, other), (other, k)):
                        dense[a, i, b, j] = dense[a, j, b, i] = -value
    exact = np.linalg.solve(dense.reshape(4 * count, -1), right.ravel()).reshape(count, 4)
    found, iterations = multigrid.solve(multigrid.hierarchy(grid, diagonal, edges), right, 1e-9, 100)
    assert np.abs(found - exact).max() < 1e-5 * np.abs(exact).max()
    assert iterations < 40


def test_contrast_is_measured_across_the_spread_of_the_colours() -> None:
    """A pattern along one direction of colour does not hide a difference in another one."""
    rng = np.random.default_rng(5)
    trimap = np.zeros((64, 64), np.uint8)
    trimap[:, 24:40], trimap[:, 40:] = 128, 255
    grey = rng.integers(60, 200, (64, 64, 1)).astype(np.int16) + np.zeros(3, np.int16)
    tinted = grey.copy()
    tinted[:, 32:] += np.int16([25, 0, -25])
    grid = cells.from_mask(np.ones((8, 8), np.uint8), 8)
    told, hidden = (
        contrast.measure(np.clip(picture, 0, 255).astype(np.uint8), trimap, grid, grid) for picture in (tinted, grey)
    )
    assert told.max() < 0.02
    assert hidden.min() > 1


def test_the_law_gives_way_to_the_model_as_the_colours_tell_less() -> None:
    table = law.thresholds(Law())
    shares = [law.share(float(law.strength(np.float32([v]), Law())[0]), 0.7, table) for v in (1e-4, 0.01, 1.0)]
    assert shares[0] < 0.01
    assert shares[1] == pytest.approx(0.5, abs=0.02)
    assert shares[2] > 0.99
    strength = float(law.strength(np.float32([0.01]), Law())[0])
    assert law.share(strength, 0.95, table) > law.share(strength, 0.7, table) > law.share(strength, 0.4, table)


def test_local_colours_speak_only_where_the_model_told_nothing() -> None:
    grid = cells.from_mask(np.ones((8, 8), np.uint8), 8)
    belief = np.zeros((16, 16), np.float32)
    belief[:, 8:] = 0.9
    told = law.untold(grid, belief, (64, 64)).reshape(8, 8)
    assert (told[:, :3] == 1).all()
    assert told[:, 5:].max() < 1e-5


@pytest.mark.parametrize(("pixels", "size"), [(250_000, 4), (2_560_000, 8), (12_000_000, 16)])
def test_cells_grow_with_the_photo(pixels: int, size: int) -> None:
    assert cells.cell_size(pixels) == size


def test_one_pass_and_a_given_cell_size_are_honoured() -> None:
    scene = scenes.scene(scenes.disc())
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    _, band = solve(scene.rgb, trimap, prior, belief, options=FieldOptions(size=12, passes=1))
    assert band.cells.size == 12
    assert band.cells.shape == (16, 16)
