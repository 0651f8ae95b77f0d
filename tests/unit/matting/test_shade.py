from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.matting.arrays import LINEAR, encode
from services.matting.field import FieldOptions, planes, shade, solve
from services.matting.field.band import SECOND_LOOK, lay
from tests.unit.matting import scenes

NOTHING = np.zeros((2, 2), np.float32)

EVERYWHERE = np.argwhere(np.ones((40, 40), bool))


def on_shaded_paper(light_left: float, colour: tuple[float, float, float] = (0.30, 0.06, 0.05)) -> scenes.Scene:
    """A fringe over paper that it shades to this share at most, a little below itself."""
    scene = scenes.scene(scenes.fringe(256), colour=colour)
    down = np.array([[1, 0, 0], [0, 1, 5]], np.float32)
    fallen = cv2.GaussianBlur(cv2.warpAffine(scene.alpha, down, scene.alpha.shape[::-1]), (0, 0), 6)
    paper = scene.background * (1 - (1 - light_left) * fallen)[..., None]
    mixed = scene.alpha[..., None] * scene.foreground + (1 - scene.alpha[..., None]) * paper
    return scenes.Scene(np.rint(encode(mixed) * 255).astype(np.uint8), scene.alpha, scene.foreground, paper)


def trimap_of(alpha: scenes.F32) -> scenes.U8:
    mixed = cv2.dilate(((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.where(mixed > 0, 128, np.where(alpha > 0.5, 255, 0)).astype(np.uint8)


@pytest.mark.parametrize("plate", [False, True], ids=["no plate", "plate"])
def test_the_paper_between_the_threads_is_foretold(plate: bool) -> None:
    scene = on_shaded_paper(0.4)
    trimap, size = trimap_of(scene.alpha), 4
    active, near = lay(trimap, size)
    paper = None
    if plate:
        clean = cv2.resize(scenes.scene(scene.alpha).background, (64, 64), interpolation=cv2.INTER_AREA)
        paper = clean, np.full((64, 64), 0.004, np.float32)
    true = cv2.resize(scene.background, (64, 64), interpolation=cv2.INTER_AREA)
    there = active.position[:, 0], active.position[:, 1]
    weight = 1 - shade.cover(scene.alpha, size)[there]
    errors = []
    for covered in (None, shade.cover(scene.alpha, size)):
        found, _, _, _ = planes.fit(
            scene.rgb, LINEAR, trimap, scene.alpha, SECOND_LOOK, near, active, paper, covered=covered
        )
        errors.append(float((weight * np.abs(found - true[there]).mean(1)).sum() / weight.sum()))
    assert errors[1] < 0.02
    assert errors[1] < 0.6 * errors[0]


def test_alpha_in_the_shade_is_right_from_the_trimap_alone() -> None:
    scene = on_shaded_paper(0.4)
    trimap = trimap_of(scene.alpha)
    first, _ = solve(scene.rgb, trimap, NOTHING, NOTHING, options=FieldOptions(passes=1))
    second, _ = solve(scene.rgb, trimap, NOTHING, NOTHING)
    unknown = trimap == 128
    before, after = (float(np.abs(alpha - scene.alpha)[unknown].mean()) for alpha in (first, second))
    assert after < 0.02
    assert after < 0.6 * before


def test_a_model_that_is_sure_is_not_pulled_towards_local_colours() -> None:
    scene = on_shaded_paper(0.4)
    trimap = trimap_of(scene.alpha)
    prior, doubted = scenes.coarse(scene.alpha)[0], np.zeros((2, 2), np.float32)
    for belief, same in ((np.ones_like(doubted), True), (doubted, False)):
        pulled, free = (
            solve(scene.rgb, trimap, prior, belief, options=FieldOptions(pull=pull))[0] for pull in (4.0, 0.0)
        )
        assert (pulled == free).all() == same


def test_a_pattern_that_no_shade_explains_is_left_alone() -> None:
    rng = np.random.default_rng(5)
    sums = np.zeros((40, 40, 7), np.float32)
    sums[..., 0] = 4
    sums[..., 1:4] = 4 * rng.uniform(0.1, 0.9, (40, 40, 3))
    covered = np.zeros((40, 40), np.float32)
    covered[10:30, 10:30] = 1
    assert shade.shaded(sums, covered, None, EVERYWHERE) is None
    plate = np.full((40, 40, 3), 0.5, np.float32), np.full((40, 40), 0.01, np.float32)
    assert shade.shaded(sums, covered, plate, EVERYWHERE) is None


def test_too_little_paper_makes_no_law() -> None:
    sums = np.zeros((40, 40, 7), np.float32)
    sums[0, :3] = 1
    assert shade.shaded(sums, np.zeros((40, 40), np.float32), None, EVERYWHERE) is None


@pytest.mark.parametrize(("size", "shape"), [(4, (64, 48)), (8, (61, 50)), (16, (33, 97))])
def test_cover_is_the_mean_alpha_of_a_cell(size: int, shape: tuple[int, int]) -> None:
    rows, columns = -(-shape[0] // size), -(-shape[1] // size)
    mean = np.random.default_rng(1).random((rows, columns)).astype(np.float32)
    alpha = np.repeat(np.repeat(mean, size, 0), size, 1)[: shape[0], : shape[1]]
    found = shade.cover(alpha, size)
    assert found.shape == mean.shape
    np.testing.assert_allclose(found, mean, atol=1e-5)
