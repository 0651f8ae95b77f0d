"""A cut-out drawn and encoded: exact pixels, and edges against the truth."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from services.compose.cutout import Cutout
from services.compose.cutouts.files import encode
from services.compose.cutouts.render import render
from services.compose.cutouts.style import Length, Margins, Position, Style
from services.compose.errors import CutoutEmpty
from services.kit.boxes import Box
from services.kit.pictures import decode, to_linear, to_srgb8
from services.kit.pictures.encode import png_rgb, read_grey, read_rgba
from tests.parts.cutouts import ellipse, rectangle

BLUE = (40, 90, 160)


def noise(seed: int = 1) -> Cutout:
    """Every pixel another colour and alpha."""
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    alpha = rng.integers(1, 65_536, (60, 90)).astype(np.float32) / 65_535
    return Cutout(rgb, rgb, alpha)


def test_unscaled_colours_and_alpha_come_through_exactly() -> None:
    cutout = noise()
    pixels = render(cutout, Style()).pixels
    assert np.array_equal(pixels[..., 3], np.rint(cutout.alpha * 255))
    assert np.array_equal(pixels[..., :3], cutout.foreground)
    again = read_rgba(encode(pixels, "png").data)
    assert np.array_equal(again, pixels)


def test_a_crop_with_margins_holds_the_product_and_nothing_else() -> None:
    cutout = rectangle(200, 150, (50, 40, 110, 100), BLUE)
    pixels = render(cutout, Style(crop=True, margins=Margins(top=Length(5), left=Length(10)))).pixels
    assert pixels.shape == (65, 70, 4)
    assert (pixels[:5, :, 3] == 0).all() and (pixels[:, :10, 3] == 0).all()
    assert (pixels[5:, 10:] == (*BLUE, 255)).all()


def test_a_margin_beyond_the_photo_is_empty() -> None:
    cutout = rectangle(100, 80, (0, 20, 40, 80), BLUE)
    pixels = render(cutout, Style(crop=True, margins=Margins(bottom=Length(9), left=Length(12)))).pixels
    assert pixels.shape == (69, 52, 4)
    assert (pixels[60:, :, 3] == 0).all() and (pixels[:, :12, 3] == 0).all()
    assert (pixels[:60, 12:] == (*BLUE, 255)).all()


def test_edges_over_the_photo_s_own_paper_give_the_photo_back() -> None:
    """Light adds up linearly in a camera, so it does here."""
    cutout, paper = ellipse(), (228, 226, 222)
    light = to_linear(cutout.foreground) * cutout.alpha[..., None]
    light += to_linear(np.full((1, 1, 3), paper, np.uint8)) * (1 - cutout.alpha[..., None])
    photo = to_srgb8(light.astype(np.float32))
    pixels = render(cutout, Style(background=(*paper, 255))).pixels
    assert pixels.shape == (*cutout.alpha.shape, 3)
    assert np.abs(pixels.astype(int) - photo).max() <= 1


def test_a_see_through_background_keeps_its_alpha_beside_the_product() -> None:
    cutout = rectangle(60, 50, (20, 10, 40, 40), BLUE)
    pixels = render(cutout, Style(background=(255, 0, 0, 128))).pixels
    assert (pixels[0, 0] == (255, 0, 0, 128)).all()
    assert (pixels[20, 30] == (*BLUE, 255)).all()


def test_jpeg_lays_what_is_see_through_over_white() -> None:
    cutout = rectangle(64, 48, (16, 16, 48, 32), BLUE)
    made = encode(render(cutout, Style(format="jpeg")).pixels, "jpeg")
    rgb = decode(made.data).rgb
    assert made.media_type == "image/jpeg" and made.suffix == "jpg"
    assert (rgb[0, 0] >= 253).all()
    assert np.abs(rgb[24, 32].astype(int) - BLUE).max() <= 3
    half = render(cutout, Style(format="jpeg", background=(0, 0, 0, 128))).pixels
    assert half.shape[2] == 3 and 180 <= half[0, 0, 0] <= 190  # half the light of white


def test_auto_is_jpeg_only_when_all_is_opaque() -> None:
    cutout = ellipse()
    assert encode(render(cutout, Style()).pixels, "auto").suffix == "png"
    assert encode(render(cutout, Style(background=(255, 255, 255, 255))).pixels, "auto").suffix == "jpg"
    assert encode(render(cutout, Style(alpha_only=True)).pixels, "auto").suffix == "png"


def test_a_picture_behind_fills_the_canvas_by_its_middle() -> None:
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = (10, 200, 30)
    cutout = rectangle(80, 80, (30, 30, 50, 50), BLUE)
    pixels = render(cutout, Style(), picture=png_rgb(picture)).pixels
    assert pixels.shape == (80, 80, 3)
    # Columns at the rim mix with the picture's next colour.
    assert (pixels[:20, 3:-3] == (10, 200, 30)).all() and (pixels[40, 40] == BLUE).all()


def test_zip_parts_give_the_cut_out_again() -> None:
    cutout = ellipse(400, 300, (200, 30, 40))
    pixels = render(cutout, Style()).pixels
    made = encode(pixels, "zip")
    assert made.media_type == "application/zip"
    assert made.data == encode(pixels, "zip").data
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert archive.namelist() == ["color.jpg", "alpha.png"]
        colour, alpha = decode(archive.read("color.jpg")).rgb, read_grey(archive.read("alpha.png"))
    assert np.array_equal(alpha, pixels[..., 3])
    # The product's colour goes on beyond its outline, so no block of the JPEG mixes it with another.
    assert np.abs(colour.astype(int) - (200, 30, 40)).max() <= 2


def test_webp_keeps_alpha_exactly() -> None:
    pixels = render(ellipse(), Style()).pixels
    found = decode(encode(pixels, "webp").data)
    assert found.alpha is not None
    assert np.array_equal(found.alpha, pixels[..., 3])


def test_alpha_alone_is_the_alpha_on_the_canvas() -> None:
    cutout = rectangle(60, 50, (20, 10, 40, 40), BLUE)
    pixels = render(cutout, Style(alpha_only=True, crop=True)).pixels
    assert pixels.shape == (30, 20) and (pixels == 255).all()
    assert np.array_equal(read_grey(encode(pixels, "png").data), pixels)


def test_outside_of_the_region_nothing_is_product() -> None:
    alpha = np.zeros((60, 100), np.float32)
    alpha[10:30, 10:30] = alpha[10:40, 60:80] = 1.0
    rgb = np.full((60, 100, 3), BLUE, np.uint8)
    cutout = Cutout(rgb, rgb, alpha)
    made = render(cutout, Style(region=Box(50, 0, 50, 60), crop=True))
    assert made.frame.subject == Box(60, 10, 20, 30)
    assert made.pixels.shape == (30, 20, 4)
    with pytest.raises(CutoutEmpty):
        render(cutout, Style(region=Box(32, 0, 20, 60)))


def test_solid_closes_what_is_see_through_and_keeps_the_outline() -> None:
    cutout = ellipse(600, 500)
    glass = cutout.alpha.copy()
    glass[220:280, 250:350] = 0.4
    seen = Cutout(cutout.photo, cutout.foreground, glass)
    pixels = render(seen, Style(solid=True)).pixels
    assert (pixels[220:280, 250:350, 3] == 255).all()
    soft = (cutout.alpha > 0.06) & (cutout.alpha < 0.5)
    assert np.array_equal(pixels[..., 3][soft], np.rint(cutout.alpha * 255)[soft])


def test_shadows_darken_the_ground_and_show_on_none() -> None:
    cutout = rectangle(300, 200, (100, 60, 200, 150), BLUE)
    white = render(cutout, Style(shadow="drop", background=(255, 255, 255, 255))).pixels
    bare = render(cutout, Style(shadow="drop")).pixels
    below = (155, 150)
    assert white[below][0] < 250
    # Black at the shadow's strength, for a page to lay over its own colour.
    assert (bare[below][:3] == 0).all() and bare[below][3] == 255 - white[below][0]
    assert (bare[100, 150] == (*BLUE, 255)).all()
    faint = render(cutout, Style(shadow="drop", shadow_opacity=0.5)).pixels
    assert abs(2 * int(faint[below][3]) - int(bare[below][3])) <= 1
    extracted = np.full((100, 150, 3), 255, np.uint8)
    extracted[76:80, 60:90] = 100
    own = render(cutout, Style(shadow="auto", background=(255, 255, 255, 255)), extracted).pixels
    assert own[156, 150][0] < 130


def test_scaled_and_placed_pixels_land_where_they_should() -> None:
    cutout = rectangle(200, 100, (90, 40, 110, 60), BLUE)
    pixels = render(cutout, Style(scale=0.5, position=Position(1, 0))).pixels
    rows, columns = np.nonzero(pixels[..., 3] > 127)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (150, 199, 0, 49)


def test_nothing_found_is_told() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    with pytest.raises(CutoutEmpty):
        render(Cutout(rgb, rgb, np.full((40, 40), 0.3, np.float32)), Style())
