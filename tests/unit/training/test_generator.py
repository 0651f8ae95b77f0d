"""Generated scenes: exact alpha, shadows that are never truth, one stream for one seed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training.generator import goods, threads
from training.generator import plain as plain_shapes
from training.generator.camera import expose
from training.generator.fabric import fabric
from training.generator.grounds import TONES, ground
from training.generator.light import to_linear, to_srgb
from training.generator.phone import phone_view
from training.generator.place import bleached, place, premultiplied
from training.generator.scene import KINDS, Banks, scene
from training.generator.shadows import shadow

SIDE = 128


@pytest.fixture
def banks() -> Banks:
    rng = np.random.default_rng(0)
    cutout = np.zeros((90, 60, 4), np.uint8)
    cutout[5:85, 5:55] = (200, 60, 30, 255)
    photo = rng.integers(0, 256, (80, 64, 3), np.uint8)
    mask = np.zeros((80, 64), np.uint8)
    mask[20:60, 16:48] = 255
    return Banks([cutout], [(photo, mask)], [photo])


def test_linear_light_is_undone_within_half_a_code() -> None:
    codes = np.arange(256, dtype=np.uint8)
    assert np.abs(to_srgb(to_linear(codes)) * 255 - codes).max() < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_its_ranges(banks: Banks, kind: str) -> None:
    made = scene(np.random.default_rng(3), banks, SIDE, kind)
    assert made.rgb.shape == (SIDE, SIDE, 3)
    assert made.rgb.dtype == np.uint8
    for plane in (made.alpha, made.weight, made.shadow):
        assert plane.shape == (SIDE, SIDE)
        assert plane.min() >= 0
        assert plane.max() <= 1
    assert made.kind == kind


def test_an_empty_scene_has_no_product(banks: Banks) -> None:
    assert not scene(np.random.default_rng(1), banks, SIDE, "empty").alpha.any()


def test_one_seed_is_one_stream(banks: Banks) -> None:
    first, again, other = (scene(np.random.default_rng(seed), banks, SIDE, "product") for seed in (5, 5, 6))
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.alpha, again.alpha)
    assert not np.array_equal(first.rgb, other.rgb)


def test_shadow_falls_only_where_there_is_no_product(banks: Banks) -> None:
    for seed in range(8):
        made = scene(np.random.default_rng(seed), banks, SIDE, "product")
        assert made.shadow[made.alpha > 0.999].max(initial=0) < 0.001


def test_a_shadow_takes_light_and_never_all_of_it() -> None:
    alpha = np.zeros((SIDE, SIDE), np.float32)
    alpha[40:100, 30:90] = 1
    fallen = shadow(np.random.default_rng(0), alpha)
    assert 0.1 < fallen.max() < 0.9
    assert fallen.min() >= 0


def test_placing_keeps_the_area() -> None:
    cutout = np.full((50, 50, 4), 255, np.uint8)
    layer = place(np.random.default_rng(2), cutout, 200, 0.5)
    assert layer[..., 3].sum() == pytest.approx(100 * 100, rel=0.02)
    assert (layer[..., :3] <= layer[..., 3:]).all()


def test_premultiplied_light_of_a_clear_pixel_is_none() -> None:
    assert not premultiplied(np.array([[[255, 255, 255, 0]]], np.uint8)).any()


@pytest.mark.parametrize("family", list(threads.FAMILIES))
def test_threads_leave_gaps_and_soft_rims(family: str) -> None:
    texture = np.full((32, 32, 3), 128, np.uint8)
    alpha = threads.threads(np.random.default_rng(4), 160, texture, family)[..., 3]
    assert (alpha == 0).mean() > 0.2
    assert ((alpha > 0) & (alpha < 255)).any()


def test_a_thread_covers_what_its_width_says() -> None:
    """A straight stroke two pixels wide over 80 pixels covers 160 pixels, whatever its place between pixels."""
    mask = np.zeros((400, 400), np.uint8)
    threads.stroke(mask, np.array([[10.3, 50.6], [90.3, 50.6]], np.float32), 2.0)
    assert mask.astype(float).sum() / 255 / threads.OVER**2 == pytest.approx(160, rel=0.2)


@pytest.mark.parametrize("family", list(goods.FAMILIES))
def test_goods_are_whole_cutouts_with_soft_rims(family: str) -> None:
    for seed in range(6):
        made = goods.goods(np.random.default_rng(seed), 160, family)
        assert made.shape == (160, 160, 4)
        assert made.dtype == np.uint8
        alpha = made[..., 3]
        assert 0.005 < (alpha > 127).mean() < 0.8
        assert ((alpha > 0) & (alpha < 255)).any()
        assert made[..., :3][alpha > 127].std() > 0


def test_a_coarse_knit_lets_the_ground_through_and_a_lens_is_half_there() -> None:
    holes = [goods.goods(np.random.default_rng(seed), 200, "knit")[60:140, 60:140, 3] for seed in range(12)]
    assert any((one < 100).mean() > 0.02 for one in holes)
    assert any((one > 250).mean() > 0.9 for one in holes)
    lenses = [goods.goods(np.random.default_rng(seed), 200, "eyewear")[..., 3] for seed in range(12)]
    assert any(((one > 30) & (one < 220)).mean() > 0.05 for one in lenses)


def test_plain_shapes_are_whole_and_only_some_have_holes() -> None:
    """Even areas and panels are product: nothing but a hole lets the ground through."""
    holed = 0
    for seed in range(24):
        made = plain_shapes.plain(np.random.default_rng(seed), 160)
        assert made.shape == (160, 160, 4)
        solid = (made[..., 3] > 127).astype(np.uint8)
        assert 0.01 < solid.mean() < 0.8
        _, labels = cv2.connectedComponents(1 - solid, connectivity=4)
        holed += labels.max() > 1
    assert 6 < holed < 22


def test_cloth_is_cut_to_the_shape_of_a_garment(banks: Banks) -> None:
    """Real cloth, exact alpha: nothing of the photo but its middle, and no frame around the shape."""
    photo = np.zeros((80, 64, 3), np.uint8)
    photo[..., 2] = 200  # the ground it was photographed on
    photo[12:68, 10:54] = (180, 90, 0)
    shape = banks.phone[0][1]
    for seed in range(12):
        made = fabric(np.random.default_rng(seed), 160, [photo], [shape])
        solid = made[..., 3] > 250
        assert made[..., 3].any(0).all() and made[..., 3].any(1).all()
        assert solid.mean() > 0.3
        assert (made[solid][:, 0] > made[solid][:, 2]).mean() > 0.9
    assert fabric(np.random.default_rng(1), 160, [photo], []).shape[2] == 4


def test_white_goods_are_as_bright_as_paper_and_as_opaque_as_before(banks: Banks) -> None:
    cutout = banks.cutouts[0]
    for seed in range(8):
        made = bleached(np.random.default_rng(seed), cutout)
        assert (made[..., 3] == cutout[..., 3]).all()
        assert made[cutout[..., 3] > 250][:, :3].mean() > cutout[cutout[..., 3] > 250][:, :3].mean() + 50


def test_studio_white_is_clipped_and_shows_no_noise() -> None:
    white = np.full((SIDE, SIDE, 3), 3.0, np.float32)
    for seed in range(12):
        made = expose(np.random.default_rng(seed), white)
        assert made.min() >= 254
    lit = [ground(np.random.default_rng(seed), SIDE, [], None, "studio") for seed in range(12)]
    assert all(one.dtype == np.float32 and one.min() > 0.8 for one in lit)
    assert any(one.min() > 1.2 for one in lit)


@pytest.mark.parametrize("kind", [tone for tone in TONES if tone != "studio"])
def test_grounds_are_light(kind: str, banks: Banks) -> None:
    made = ground(np.random.default_rng(0), SIDE, banks.photos, banks.cutouts[0], kind)
    assert made.shape == (SIDE, SIDE, 3)
    assert made.dtype == np.float32
    assert made.min() >= 0
    assert made.max() <= 1


def test_a_same_tone_ground_is_near_the_product(banks: Banks) -> None:
    cutout = banks.cutouts[0]
    solid = to_linear(cutout[cutout[..., 3] > 250][:1, :3])
    made = [ground(np.random.default_rng(seed), SIDE, banks.photos, cutout, "same_tone") for seed in range(6)]
    assert np.median([np.abs(to_srgb(one.max((0, 1))) - to_srgb(solid[0])).max() for one in made]) < 0.15


def test_a_phone_mask_does_not_count_along_its_rim(banks: Banks) -> None:
    photo, mask = banks.phone[0]
    _, alpha, weight = phone_view(np.random.default_rng(0), photo, mask, SIDE)
    assert not weight[(alpha > 0.1) & (alpha < 0.9)].any()
    assert weight.mean() > 0.5
