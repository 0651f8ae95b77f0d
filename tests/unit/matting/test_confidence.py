from __future__ import annotations

import numpy as np

from services.matting import confidence
from services.matting.field import solve
from services.matting.trimap import build
from tests.unit.matting import scenes


def merged(scene: scenes.Scene) -> tuple[scenes.U8, scenes.U8, scenes.F32, scenes.F32]:
    """Confidence, trimap, alpha and the model's confidence at full size."""
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    alpha, band = solve(scene.rgb, trimap, prior, belief)
    return (
        confidence.merge(trimap, alpha, belief, band),
        trimap,
        alpha,
        np.kron(belief, np.ones((2, 2), np.float32)),
    )


def test_colours_that_tell_make_a_doubtful_model_sure_where_the_result_is_clear() -> None:
    scene = scenes.scene(scenes.disc(), noise=1.0)
    sure, trimap, alpha, model = merged(scene)
    clear = (trimap == 128) & ((alpha < 0.02) | (alpha > 0.98)) & (model < 0.6)
    assert clear.sum() > 100
    assert sure[clear].mean() > 0.95 * 255


def test_colours_that_tell_nothing_leave_the_models_confidence() -> None:
    scene = scenes.scene(scenes.disc(), colour=(0.79, 0.79, 0.77), slope=0.0, noise=1.5)
    sure, trimap, _, model = merged(scene)
    band = trimap == 128
    assert np.abs(sure / 255 - model)[band].mean() < 0.05


def test_known_pixels_keep_the_models_confidence() -> None:
    sure, trimap, _, model = merged(scenes.scene(scenes.disc()))
    assert np.abs(sure / 255 - model)[trimap != 128].max() < 0.12  # bilinear against nearest
    assert (sure[(trimap != 128) & (model == 1)] >= 250).mean() > 0.97
