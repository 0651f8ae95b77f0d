from __future__ import annotations

import numpy as np
import pytest

from services.matting import pymatting_solvers
from services.matting.errors import SolverNeedsMemory, UnknownSolver
from services.matting.trimap import build
from tests.unit.matting import scenes


def test_cf_finds_the_alpha_of_a_disc() -> None:
    scene = scenes.scene(scenes.disc(128))
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    alpha = pymatting_solvers.solve(scene.rgb, trimap, prior, "pymatting-cf")
    assert np.abs(alpha - scene.alpha)[trimap == 128].mean() < 0.01
    assert (alpha[trimap == 255] == 1).all()
    assert (alpha[trimap == 0] == 0).all()


def test_tiles_meet_without_a_seam() -> None:
    """67 MiB allow tiles of 0.14 megapixel: a photo of 420 x 420 needs four."""
    scene = scenes.scene(scenes.disc(420))
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    whole = pymatting_solvers.solve(scene.rgb, trimap, prior, "pymatting-cf")
    tiled = pymatting_solvers.solve(scene.rgb, trimap, prior, "pymatting-cf", 67)
    assert (whole != tiled).any()
    assert np.abs(whole - tiled).max() < 0.02


def test_a_tile_without_a_seed_keeps_the_models_alpha() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    trimap = np.full((40, 40), 128, np.uint8)
    prior = np.full((10, 10), 0.3, np.float32)
    assert (pymatting_solvers.solve(rgb, trimap, prior, "pymatting-cf") == np.float32(0.3)).all()


def test_what_cannot_run_is_refused_by_name() -> None:
    with pytest.raises(UnknownSolver, match="pymatting-cf"):
        pymatting_solvers.tile_megapixels("closed-form", 2048)
    with pytest.raises(SolverNeedsMemory, match="314 MiB"):
        pymatting_solvers.tile_megapixels("pymatting-knn", 200)
    assert pymatting_solvers.tile_megapixels("pymatting-cf", 2048) == 2.0
