from __future__ import annotations

import numpy as np
import pytest

from services.matting import foreground
from services.matting.arrays import LINEAR, encode
from services.matting.field import solve, survey
from services.matting.trimap import build
from tests.unit.matting import scenes


def cut(scene: scenes.Scene, true_alpha: bool) -> tuple[scenes.F32, scenes.U8, scenes.U8]:
    """Alpha, trimap and clean colours."""
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    if true_alpha:
        alpha = np.where(trimap == 128, scene.alpha, trimap / np.float32(255)).astype(np.float32)
        band = survey(scene.rgb, trimap, alpha)
    else:
        alpha, band = solve(scene.rgb, trimap, prior, belief)
    return alpha, trimap, foreground.recover(scene.rgb, trimap, alpha, band)


@pytest.mark.parametrize("shape", [scenes.disc(), scenes.fringe()], ids=["disc", "fringe"])
def test_the_true_colour_is_recovered_where_the_product_shows(shape: scenes.F32) -> None:
    scene = scenes.scene(shape)
    _, trimap, colours = cut(scene, true_alpha=True)
    there = (trimap == 128) & (shape > 0.3)
    error = np.abs(colours / 255.0 - encode(scene.foreground))[there]
    assert error.mean() * 255 < 3


@pytest.mark.parametrize("ground", [(0, 0, 0), (1, 1, 1), (0, 0.6, 0.05)], ids=["black", "white", "green"])
@pytest.mark.parametrize(
    ("colour", "paper"),
    [
        ((0.30, 0.06, 0.05), (0.80, 0.80, 0.78)),
        ((0.02, 0.02, 0.03), (0.1, 0.6, 0.2)),
        ((0.7, 0.7, 0.6), (0.2, 0.2, 0.2)),
    ],
)
def test_on_a_new_background_no_rim_of_the_old_one_shows(
    colour: tuple[float, float, float], paper: tuple[float, float, float], ground: tuple[float, float, float]
) -> None:
    scene = scenes.scene(scenes.disc(), colour=colour, paper=paper, noise=0.7)
    alpha, trimap, colours = cut(scene, true_alpha=False)
    laid = alpha[..., None] * LINEAR[colours] + (1 - alpha[..., None]) * np.float32(ground)
    true = scene.alpha[..., None] * scene.foreground + (1 - scene.alpha[..., None]) * np.float32(ground)
    spilled = alpha[..., None] * LINEAR[scene.rgb] + (1 - alpha[..., None]) * np.float32(ground)
    band = trimap == 128
    error = 255 * np.abs(encode(laid) - encode(true))[band].mean()
    assert error < 2.5
    assert error < 0.6 * 255 * np.abs(encode(spilled) - encode(true))[band].mean()


def test_pixels_outside_the_band_are_the_photos_own() -> None:
    scene = scenes.scene(scenes.fringe(), noise=3.0)
    _, trimap, colours = cut(scene, true_alpha=False)
    assert (colours[trimap != 128] == scene.rgb[trimap != 128]).all()


def test_without_any_product_colour_the_background_stays() -> None:
    rgb = np.full((64, 64, 3), 180, np.uint8)
    trimap = np.zeros((64, 64), np.uint8)
    trimap[20:40, 20:40] = 128
    alpha = np.zeros((64, 64), np.float32)
    colours = foreground.recover(rgb, trimap, alpha, survey(rgb, trimap, alpha))
    assert np.abs(colours.astype(int) - 180).max() <= 1


@pytest.mark.parametrize(
    ("colour", "paper"),
    [((0.30, 0.10, 0.06), (0.80, 0.80, 0.78)), ((0.5, 0.5, 0.45), (0.02, 0.02, 0.03))],
    ids=["brown on tiles", "white on black"],
)
def test_no_colour_is_invented_where_an_opaque_interior_is_unsure(
    colour: tuple[float, float, float], paper: tuple[float, float, float]
) -> None:
    """Alpha 0.75 in the middle of an opaque disc: the formula alone gives a dark red patch."""
    scene = scenes.scene(scenes.disc(), colour=colour, paper=paper, noise=1.5)
    prior, belief = scenes.coarse(scene.alpha)
    trimap = build(prior, belief, scene.alpha.shape).values
    alpha, patch = scene.alpha.copy(), np.s_[80:112, 80:112]
    trimap[patch], alpha[patch] = 128, 0.75
    band = survey(scene.rgb, trimap, alpha)
    colours = foreground.recover(scene.rgb, trimap, alpha, band)[patch]
    seen = scene.rgb[patch].astype(int)
    implied = (LINEAR[seen] - 0.25 * band.background.mean(0)) / 0.75
    assert np.abs(255 * encode(implied) - seen).mean() > 8
    assert np.abs(colours - seen).mean() < 3


@pytest.mark.parametrize("error", [-0.04, 0.04])
def test_an_error_of_alpha_lets_no_paper_into_a_dark_product(error: float) -> None:
    scene = scenes.scene(scenes.disc(), colour=(0.02, 0.015, 0.03), paper=(0.8, 0.8, 0.78), noise=1.0)
    mixed = (scene.alpha > 0.05) & (scene.alpha < 0.95)
    trimap = np.where((scene.alpha > 0) & (scene.alpha < 1), 128, np.where(scene.alpha > 0.5, 255, 0)).astype(np.uint8)
    alpha = np.where(mixed, np.clip(scene.alpha + error, 0, 1), scene.alpha).astype(np.float32)
    colours = foreground.recover(scene.rgb, trimap, alpha, survey(scene.rgb, trimap, alpha))
    wrong = np.abs(colours / 255.0 - encode(scene.foreground))[mixed]
    assert wrong.mean() * 255 < 4
