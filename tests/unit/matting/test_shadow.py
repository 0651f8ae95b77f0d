from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.matting import shadow
from services.matting.arrays import encode
from services.matting.shadow import ShadowOptions
from tests.unit.matting import scenes

SIZE = 384


def photo(
    *, noise: float = 1.0, cast: float = 0.4, paper: float = 0.75
) -> tuple[scenes.U8, scenes.F32, scenes.F32, scenes.F32]:
    """rgb, alpha, clean paper (linear) and the true multiply map in encoded sRGB, (H, W, 3)."""
    alpha = scenes.disc(SIZE, 0.2, 2)
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j].astype(np.float32)
    clean = (paper * (1 - 0.06 * y - 0.04 * x))[..., None] * np.float32([1, 0.99, 0.96])
    taken = cast * cv2.GaussianBlur(np.roll(alpha, (26, 18), (0, 1)), (0, 0), 7)
    lit = clean * (1 - taken[..., None] * np.float32([1.0, 0.97, 0.94]))
    mixed = alpha[..., None] * np.float32([0.1, 0.12, 0.3]) + (1 - alpha[..., None]) * lit
    codes = encode(mixed) * 255 + np.random.default_rng(2).normal(0, noise, mixed.shape)
    return np.clip(np.rint(codes), 0, 255).astype(np.uint8), alpha, clean, encode(lit) / encode(clean)


def test_a_known_shadow_is_recovered() -> None:
    rgb, alpha, clean, truth = photo()
    layer, detail = shadow.extract(rgb, alpha, scenes.plate_of(clean))
    assert detail == ""
    assert layer is not None
    assert layer.dtype == np.uint8
    assert layer.shape == rgb.shape
    outside = alpha == 0
    inside = outside & (truth.mean(2) < 0.97)
    difference = layer.astype(np.float32) - 255 * truth
    assert np.sqrt((difference[inside] ** 2).mean()) < 2.5
    assert np.sqrt(((255 - 255 * truth)[inside] ** 2).mean()) > 25
    clear = outside & (truth.mean(2) > 0.9995)
    assert (layer[clear] == 255).mean() > 0.9


def test_under_the_product_the_shadow_goes_on_without_a_rim() -> None:
    rgb, alpha, clean, truth = photo()
    layer, _ = shadow.extract(rgb, alpha, scenes.plate_of(clean))
    assert layer is not None
    rim = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((5, 5))) - cv2.erode(
        (alpha > 0.02).astype(np.uint8), np.ones((5, 5))
    )
    steps = np.abs(np.diff(layer[..., 1].astype(int), axis=0))[rim[1:] > 0]
    true_steps = 255 * np.abs(np.diff(truth[..., 1], axis=0))
    assert steps.max() <= 2.5 * true_steps.max()
    assert layer.min() > 120


@pytest.mark.parametrize("value", [255, 128, 0])
def test_exactly_even_paper_gives_no_shadow_and_no_nan(value: int) -> None:
    rgb = np.full((128, 128, 3), value, np.uint8)
    rgb[40:80, 40:80] = (200, 20, 30)
    alpha = np.zeros((128, 128), np.float32)
    alpha[40:80, 40:80] = 1
    clean = np.full((128, 128, 3), scenes.linear(np.uint8([value]))[0], np.float32)
    layer, detail = shadow.extract(rgb, alpha, scenes.plate_of(clean))
    assert layer is None
    assert "no shadow" in detail


def test_a_shadow_on_exactly_clipped_white_paper_is_found() -> None:
    rgb, alpha, clean, _ = photo(noise=0, paper=1.2)
    layer, detail = shadow.extract(rgb, alpha, scenes.plate_of(np.minimum(clean, 1)))
    assert detail == ""
    assert layer is not None
    assert layer.min() < 220


def test_what_stands_against_a_shadow_is_said_in_words() -> None:
    rgb, alpha, clean, _ = photo()
    cases = {
        "no plate": shadow.extract(rgb, alpha, None),
        "no usable paper": shadow.extract(rgb, alpha, scenes.plate_of(clean, usable=False)),
        "explained only to": shadow.extract(rgb, alpha, scenes.plate_of(clean, residual=0.05)),
        "one paper": shadow.extract(rgb, alpha, scenes.plate_of(clean), ShadowOptions(inliers=0.95)),
        "fills the frame": shadow.extract(rgb, np.ones_like(alpha), scenes.plate_of(clean)),
        "border": shadow.extract(rgb // 2, alpha, scenes.plate_of(clean)),
    }
    for words, (layer, detail) in cases.items():
        assert layer is None
        assert words in detail


def test_the_layer_keeps_the_aspect_within_its_side() -> None:
    rgb, alpha, clean, _ = photo()
    layer, _ = shadow.extract(rgb[:300], alpha[:300], scenes.plate_of(clean[:300]), ShadowOptions(side=192))
    assert layer is not None
    assert layer.shape == (150, 192, 3)


def test_fill_continues_smoothly_and_leaves_known_values() -> None:
    values = np.tile(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], (64, 1, 3))
    weight = np.ones((64, 64), np.float32)
    weight[20:44, 20:44] = 0
    filled = shadow.fill(values, weight)
    assert np.abs(filled - values)[weight > 0].max() < 1e-5
    assert np.abs(filled - values).max() < 0.2
