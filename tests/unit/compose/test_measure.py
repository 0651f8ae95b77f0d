"""What is measured of a finished file, against pictures whose every pixel is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.compose.compliance.measure import measure, near
from services.compose.compliance.report import check, to_json
from services.compose.presets.library import presets
from services.kit.pictures import srgb_profile
from services.kit.pictures.encode import export, png8
from tests.parts.presets import DAY, Picture


def one(height: int, width: int, y: int, x: int) -> np.ndarray:
    cover = np.zeros((height, width), np.uint8)
    cover[y, x] = 1
    return cover


def test_facts_of_a_plain_file() -> None:
    data, made = Picture(width=80, height=50, fmt="jpeg", dpi=150).file()
    found = measure(data, made)
    assert (found.format, found.extension, found.bytes) == ("jpeg", "jpg", len(data))
    assert (found.width, found.height, found.dpi) == (80, 50, 150.0)
    assert (found.profile, found.colour_mode, found.has_alpha) == ("sRGB IEC61966-2.1", "rgb", False)
    assert (found.border_off, found.border, found.day) == (0, 2 * 80 + 2 * 48, DAY)


def test_fill_is_that_of_the_box_of_the_alpha() -> None:
    picture = Picture(width=100, height=200)
    cover = np.zeros((200, 100), np.uint8)
    cover[20:180, 10:60] = 255
    cover[0, 0] = 7  # below the threshold of 8
    data = export(picture.rgb, "png", quality=100, profile=srgb_profile())
    found = measure(data, replace(picture.made, cover=cover))
    assert (found.fill_long_side, found.fill_area) == (0.8, 0.4)
    empty = measure(data, replace(picture.made, cover=np.zeros_like(cover)))
    assert (empty.fill_long_side, empty.fill_area) == (0.0, 0.0)


def test_one_level_in_one_pixel_is_seen_far_and_near_in_a_lossless_file() -> None:
    picture = Picture(box=0.5)
    rgb = picture.rgb
    rgb[3, 3, 2] = 254
    found = measure(*picture.file(rgb))
    assert (found.far_off, found.far, found.near_worst) == (1, 64 * 64 - 32 * 32, 0)
    assert found.shaded == 0
    rgb[3, 3] = 252
    assert measure(*picture.file(rgb)).shaded == pytest.approx(1 / (64 * 64 - 32 * 32))


def test_only_blocks_of_the_product_are_let_off_in_a_jpeg() -> None:
    assert near(one(64, 64, 20, 20), "png").sum() == 1
    zone = near(one(64, 64, 20, 20), "jpeg")
    rows, columns = np.flatnonzero(zone.any(axis=1)), np.flatnonzero(zone.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (14, 33, 14, 33)  # its block of 16 and 2 around it
    assert near(one(50, 70, 49, 69), "jpeg").shape == (50, 70)


@pytest.mark.parametrize(("fmt", "quality"), [("jpeg", 92), ("jpeg", 60), ("webp", 84), ("avif", 60)])
def test_no_codec_reaches_beyond_the_zone_it_is_let_off(fmt: str, quality: int) -> None:
    rng = np.random.default_rng(3)
    picture = Picture(width=650, height=650, box=0.4, fmt=fmt)
    rgb = picture.rgb
    rgb[picture.cover > 0] = rng.integers(0, 256, (int((picture.cover > 0).sum()), 3))
    found = measure(*picture.file(rgb, quality))
    assert found.far > 50_000
    assert found.far_off == 0
    assert found.near_worst > 0


def test_a_file_without_a_profile_is_told_so() -> None:
    picture = Picture()
    data = png8(picture.rgb[..., 1])
    found = measure(data, picture.made)
    assert (found.profile, found.colour_mode) == ("", "grey")
    report = check(data, picture.made, presets()["amazon_main"], "e")
    assert [rule.measured for rule in report.rules if rule.rule == "profile"] == ["none"]


def test_a_cover_of_another_size_is_a_mistake_of_the_caller() -> None:
    data, made = Picture().file()
    with pytest.raises(ValueError, match="cover is"):
        measure(data, replace(made, cover=made.cover[1:]))


def test_the_same_report_gives_the_same_bytes() -> None:
    data, made = Picture(fmt="jpeg").file()
    first, second = (to_json([check(data, made, presets()["ebay"], "e")]) for _ in range(2))
    assert first == second
    assert first.startswith(b'{\n "version": 1,\n "reports": [\n')
