"""The preview is the composition, only smaller."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.compose import resize
from services.compose.cutout import Cutout
from services.compose.errors import CutoutEmpty
from services.compose.preview import MAX_BYTES, REDUCED, Preview, preview
from services.compose.render import render
from services.kit.pictures import decode
from services.kit.pictures.encode import png_rgba
from tests.parts.cutouts import ellipse, shipped

WIDE = {"width: 2048, height: 2048": "width: 2048, height: 1536"}
SHADOW = np.full((60, 80, 3), 255, np.uint8)
SHADOW[42:50, 20:62] = 150


@pytest.fixture(scope="module")
def photo() -> Cutout:
    """Twice as large as what the inputs are reduced to, with broad stripes."""
    plain = ellipse(2 * REDUCED, 1920)
    stripes = 40 * np.sin(np.arange(2 * REDUCED) / 40)[None, :, None]
    striped = (plain.foreground + stripes).clip(0, 255).astype(np.uint8)
    return Cutout(striped, striped, plain.alpha)


def reduced(photo: Cutout) -> tuple[np.ndarray, np.ndarray, float]:
    """As the servicer reads a cut-out."""
    alpha = np.rint(photo.alpha * 255).astype(np.uint8)
    picture = decode(png_rgba(np.dstack([photo.foreground, alpha])), long_side=REDUCED)
    assert picture.alpha is not None
    return picture.rgb, picture.alpha / np.float32(255), picture.rgb.shape[1] / photo.alpha.shape[1]


def shown(photo: Cutout, name: str, **changes: str) -> tuple[Preview, np.ndarray]:
    """The preview, and the full render made as small: uint8 (h, w, 3 or 4)."""
    template = shipped(name, **changes)
    foreground, alpha, scale = reduced(photo)
    made = preview(foreground, alpha, SHADOW, template, "A", scale)
    full = render(photo, SHADOW, template, template.canvas.width, template.canvas.height, "A").flat
    return made, resize.scale_to(full, made.width, made.height)


@pytest.mark.parametrize(
    ("name", "changes", "size"),
    [
        ("studio-white", {}, (512, 512)),
        ("studio-white", WIDE, (512, 384)),
        ("studio-paper-cream", {}, (512, 512)),
        ("shelf-grey", {}, (512, 512)),
    ],
)
def test_it_agrees_with_the_full_render(
    photo: Cutout, name: str, changes: dict[str, str], size: tuple[int, int]
) -> None:
    made, full = shown(photo, name, **changes)
    assert (made.width, made.height, made.media_type) == (*size, "image/jpeg")
    found = decode(made.data).rgb
    assert found.shape == (size[1], size[0], 3)
    # The product's box is rounded to whole pixels of either canvas, so its outline may lie up to a pixel away.
    (x, y), _ = cv2.phaseCorrelate(*(picture[..., 0].astype(np.float32) for picture in (found, full)))
    assert max(abs(x), abs(y)) < 1
    off = np.abs(found.astype(int) - full)  # besides the outline: JPEG and, on paper, a tooth of another grain
    assert off.mean() < 2.5
    assert (off.max(axis=2) > 16).mean() < 0.015


def test_a_transparent_template_gives_a_transparent_webp(photo: Cutout) -> None:
    made, full = shown(photo, "transparent")
    assert made.media_type == "image/webp"
    picture = decode(made.data)
    assert picture.alpha is not None
    assert np.abs(picture.alpha.astype(int) - full[..., 3]).mean() < 1
    solid = full[..., 3] == 255
    assert np.abs(picture.rgb.astype(int) - full[..., :3])[solid].mean() < 4


def test_the_limit_of_enlargement_is_that_of_the_full_photo() -> None:
    """A small photo on a large canvas stays as small in the preview."""
    small = ellipse(640, 480)
    made, full = shown(small, "plain-white", **{"max_upscale: 2.0": "max_upscale: 0.5"})
    found = decode(made.data).rgb
    wide = [np.flatnonzero((picture < 200).any(axis=(0, 2))) for picture in (found, full)]
    assert wide[0][-1] - wide[0][0] == pytest.approx(wide[1][-1] - wide[1][0], abs=2)
    assert wide[0][-1] - wide[0][0] < 70  # of 512: 0.5 * 426 pixels on a canvas of 2048


def test_noise_stays_within_the_limit_of_a_message() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), np.uint8)
    made = preview(noise, np.ones((900, 900), np.float32), None, shipped("plain-white"), "A", 1.0)
    assert len(made.data) <= MAX_BYTES


def test_an_empty_cutout_is_refused() -> None:
    plain = np.zeros((40, 40, 3), np.uint8)
    with pytest.raises(CutoutEmpty):
        preview(plain, np.zeros((40, 40), np.float32), None, shipped("plain-white"), "A", 1.0)
