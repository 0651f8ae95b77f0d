"""The flat picture: blending, outlines without rims, white that stays white."""

from __future__ import annotations

import numpy as np
import pytest

from services.compose.cutout import Cutout
from services.compose.errors import CutoutEmpty, CutoutMismatch
from services.compose.render import render
from services.kit.boxes import Box
from tests.parts.cutouts import SMALL, ellipse, rectangle, shipped


@pytest.mark.parametrize(
    ("ground", "product"),
    [
        ("#000000", (255, 255, 255)),
        ("#ffffff", (0, 0, 0)),
        ("#000000", (128, 128, 128)),
        ("#ffffff", (250, 250, 250)),
    ],
)
@pytest.mark.parametrize("width", [90, 320])
def test_no_rim_whatever_the_product_stands_on(ground: str, product: tuple[int, int, int], width: int) -> None:
    """From the ground to the product values go one way: no bright or dark line, no spill of the grey paper."""
    template = shipped("plain-white", **{"#ffffff": ground, **SMALL})
    flat = render(ellipse(colour=product), None, template, width, width, "A").flat
    line = flat[width // 2, : width // 2, 0].astype(int)
    steps = np.diff(line)
    direction = 1 if product[0] > line[0] else -1
    assert (steps * direction >= 0).all()
    assert line[0] == int(ground[1:3], 16)
    assert abs(line[-1] - product[0]) <= 1


def test_white_is_255_wherever_there_is_neither_product_nor_shadow() -> None:
    template = shipped("studio-white", **SMALL)
    layers = render(ellipse(), None, template, 320, 320, "A")
    assert layers.shadow is not None
    outside = np.ones((320, 320), bool)
    product = layers.product
    rows, columns = product.alpha.shape
    window = outside[product.top : product.top + rows, product.left : product.left + columns]
    window &= product.alpha == 0
    outside &= (layers.shadow == 255).all(axis=2)
    assert outside.mean() > 0.3
    assert (layers.flat[outside] == 255).all()


def test_the_product_fills_its_box_to_the_pixel() -> None:
    template = shipped("plain-white", **SMALL)
    cutout = rectangle(500, 400, (100, 50, 400, 350), (10, 20, 30))
    layers = render(cutout, None, template, 320, 320, "A")
    assert layers.placement.target == Box(24, 24, 272, 272)
    rows, columns = np.nonzero(layers.flat[..., 0] < 130)
    assert (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1) == (24, 296, 24, 296)


def test_a_product_cut_by_the_frame_reaches_the_canvas_edge() -> None:
    cutout = rectangle(400, 400, (150, 200, 250, 400), (10, 20, 30))
    layers = render(cutout, None, shipped("plain-white", **SMALL), 320, 320, "A")
    assert (layers.flat[-1, 140:180] == (10, 20, 30)).all()


def test_a_photo_at_one_to_one_is_copied() -> None:
    """Scale 1 at whole pixels moves nothing: the product's pixels are the photo's."""
    rng = np.random.default_rng(1)
    alpha = np.zeros((200, 200), np.float32)
    alpha[60:140, 50:150] = 1
    rgb = rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    template = shipped("plain-white", **SMALL, **{"max_upscale: 2.0": "max_upscale: 1.0"})
    layers = render(Cutout(rgb, rgb, alpha), None, template, 320, 320, "A")
    assert layers.placement.scale == 1.0
    assert np.array_equal(layers.product.rgb, rgb[60:140, 50:150])


def test_layers_blend_as_photoshop_blends_them() -> None:
    template = shipped("studio-paper-cream", **SMALL)
    layers = render(ellipse(), None, template, 320, 320, "A")
    assert layers.background is not None
    assert layers.shadow is not None
    want = layers.background.astype(float) * layers.shadow / 255
    product = layers.product
    rows, columns = product.alpha.shape
    window = want[product.top : product.top + rows, product.left : product.left + columns]
    alpha = product.alpha[..., None] / 255.0
    window[:] = product.rgb * alpha + window * (1 - alpha)
    assert np.abs(layers.flat - want).max() <= 1.0


def test_shadows_never_lighten() -> None:
    with_shadow = render(ellipse(), None, shipped("studio-white", **SMALL), 320, 320, "A")
    none = render(ellipse(), None, shipped("plain-white", **SMALL), 320, 320, "A")
    # The two templates differ in their bottom margin, which an ellipse this wide does not reach.
    assert with_shadow.placement == none.placement
    assert (with_shadow.flat <= none.flat).all()
    assert (with_shadow.flat < none.flat).any()


def extracted() -> np.ndarray:
    shadow = np.full((240, 300, 3), 255, np.uint8)
    shadow[150:200, 80:220] = 140
    return shadow


def test_auto_takes_the_original_shadow_where_there_is_one() -> None:
    template = shipped("studio-paper-cream", **SMALL)
    layers = render(ellipse(), extracted(), template, 320, 320, "A")
    assert (layers.shadow_kind, layers.shadow_detail) == ("original", "")
    without = render(ellipse(), None, template, 320, 320, "A")
    assert (without.shadow_kind, without.shadow_detail) == (
        "standard", "the photo's own shadow could not be extracted",
    )  # fmt: skip
    refused = extracted()
    refused[:, 0] = 100
    fallback = render(ellipse(), refused, template, 320, 320, "A")
    assert fallback.shadow_kind == "standard"
    assert "leaves the frame" in fallback.shadow_detail
    assert np.array_equal(fallback.flat, without.flat)


def test_mode_none_and_standard_ignore_the_original() -> None:
    assert render(ellipse(), extracted(), shipped("plain-white", **SMALL), 320, 320, "A").shadow is None
    standard = render(ellipse(), extracted(), shipped("studio-white", **SMALL), 320, 320, "A")
    assert (standard.shadow_kind, standard.shadow_detail) == ("standard", "")


def test_an_empty_cutout_is_refused() -> None:
    cutout = rectangle(100, 100, (0, 0, 0, 0), (1, 2, 3))
    with pytest.raises(CutoutEmpty):
        render(cutout, None, shipped("plain-white", **SMALL), 320, 320, "A")


def test_parts_of_different_size_are_refused() -> None:
    cutout = ellipse()
    with pytest.raises(CutoutMismatch, match="alpha is 299 x 240 pixels but the photo is 300 x 240"):
        Cutout(cutout.photo, cutout.foreground, cutout.alpha[:, :-1])
