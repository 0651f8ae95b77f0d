"""What we write, we and others read back."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from services.kit.errors import TruncatedFile, UnsupportedFormat
from services.kit.pictures import decode, srgb_profile
from services.kit.pictures.density import dots_per_inch
from services.kit.pictures.encode import export, png8, png16, png_rgb, png_rgba, read_grey, read_rgb, read_rgba
from services.kit.pictures.errors import PictureTooLargeForFormat
from services.kit.pictures.vips import Image
from tests.parts import photos

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'


def embedded_xmp(data: bytes) -> bytes | None:
    image = Image.new_from_buffer(data, "")
    return bytes(image.get("xmp-data")) if image.get_typeof("xmp-data") else None


SIDES = st.integers(1, 40)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_png_round_trips(data: st.DataObject) -> None:
    height, width = data.draw(SIDES), data.draw(SIDES)
    for write, read, shape, dtype in (
        (png8, read_grey, (), np.uint8),
        (png16, read_grey, (), np.uint16),
        (png_rgb, read_rgb, (3,), np.uint8),
        (png_rgba, read_rgba, (4,), np.uint8),
    ):
        array = data.draw(arrays.arrays(dtype, (height, width, *shape)))
        back = read(write(array))
        assert back.dtype == dtype
        assert np.array_equal(back, array)


def test_alpha_in_sixteen_bits() -> None:
    alpha = np.linspace(-0.1, 1.1, 1000, dtype=np.float32).reshape(20, 50)
    before = alpha.copy()
    back = read_grey(png16(alpha))
    assert np.abs(back / 65535 - np.clip(alpha, 0, 1)).max() <= 0.5 / 65535 + 1e-6
    assert np.array_equal(alpha, before)
    assert np.abs(read_grey(png16(alpha.astype(np.float64))).astype(int) - back).max() <= 1


def test_views_are_written_as_they_look() -> None:
    wide = photos.gradient(40, 60)
    assert np.array_equal(read_rgb(png_rgb(wide[::-1, ::2])), wide[::-1, ::2])


def test_colour_carries_srgb_and_coverage_does_not() -> None:
    for data in (png_rgb(photos.quarters()), png_rgba(np.dstack([photos.quarters(), photos.quarters()[..., 0]]))):
        assert Pillow.open(io.BytesIO(data)).info["icc_profile"] == srgb_profile()
    for data in (png8(photos.quarters()[..., 0]), png16(np.zeros((4, 4), np.float32))):
        assert "icc_profile" not in Pillow.open(io.BytesIO(data)).info


@pytest.mark.parametrize(
    "call",
    [
        lambda: png8(np.zeros((4, 4), np.uint16)),
        lambda: png16(np.zeros((4, 4), np.uint8)),
        lambda: png_rgb(np.zeros((4, 4), np.uint8)),
        lambda: png_rgba(np.zeros((4, 4, 3), np.uint8)),
        lambda: png8(np.zeros((0, 4), np.uint8)),
        lambda: export(photos.quarters(), "gif", quality=80, profile=srgb_profile()),
        lambda: export(photos.quarters(), "jpeg", quality=0, profile=srgb_profile()),
    ],
)
def test_arrays_and_options_that_make_no_sense(call: object) -> None:
    with pytest.raises(ValueError, match=r"expected|must be"):
        call()  # type: ignore[operator]


def test_reading_something_else() -> None:
    with pytest.raises(UnsupportedFormat, match="3 channel"):
        read_grey(png_rgb(photos.quarters()))
    with pytest.raises(TruncatedFile):
        read_rgb(png_rgb(photos.gradient(40, 40))[:-40])
    with pytest.raises(TruncatedFile):
        read_rgb(b"no picture at all")


@pytest.mark.parametrize(("fmt", "tolerance"), [("jpeg", 3.0), ("webp", 4.0), ("avif", 4.0), ("png", 0.0)])
def test_exports(fmt: str, tolerance: float) -> None:
    rgb = photos.gradient(90, 120)
    rgb[..., 2] = 128
    data = export(rgb, fmt, quality=92, profile=srgb_profile(), xmp=XMP)
    picture = decode(data)
    assert picture.info.format == fmt
    assert picture.icc == srgb_profile()
    assert embedded_xmp(data) == XMP
    assert np.abs(picture.rgb.astype(int) - rgb).mean() <= tolerance
    assert embedded_xmp(export(rgb, fmt, quality=92, profile=srgb_profile())) is None


def test_exports_keep_the_profile_they_are_given() -> None:
    data = export(photos.quarters(), "jpeg", quality=90, profile=photos.DISPLAY_P3)
    assert Pillow.open(io.BytesIO(data)).info["icc_profile"] == photos.DISPLAY_P3


def test_lower_quality_is_smaller() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    for fmt in ("jpeg", "webp", "avif"):
        sizes = [len(export(noise, fmt, quality=quality, profile=srgb_profile())) for quality in (30, 90)]
        assert sizes[0] < sizes[1]


@pytest.mark.parametrize(("fmt", "limit"), [("webp", 16_383), ("avif", 16_384), ("jpeg", 65_500)])
def test_formats_have_a_longest_side(fmt: str, limit: int) -> None:
    with pytest.raises(PictureTooLargeForFormat) as caught:
        export(np.zeros((1, limit + 1, 3), np.uint8), fmt, quality=80, profile=srgb_profile())
    assert caught.value.details["limit"] == str(limit)
    assert f"{limit + 1} x 1" in caught.value.message


@pytest.mark.parametrize(("fmt", "limit"), [("webp", 16_383), ("avif", 16_384), ("jpeg", 65_500)])
def test_up_to_which_they_work(fmt: str, limit: int) -> None:
    data = export(np.full((16, limit, 3), 200, np.uint8), fmt, quality=80, profile=srgb_profile())
    assert Pillow.open(io.BytesIO(data)).size == (limit, 16)


@pytest.mark.parametrize("fmt", ["jpeg", "png"])
def test_the_resolution_is_noted(fmt: str) -> None:
    black = np.zeros((20, 20, 3), np.uint8)
    data = export(black, fmt, quality=80, profile=srgb_profile(), dpi=150)
    assert round(Image.new_from_buffer(data, "").xres * 25.4, 1) == 150.0
    assert dots_per_inch(data) == 150.0
    with Pillow.open(io.BytesIO(data)) as other:
        assert round(other.info["dpi"][0], 1) == 150.0
        assert other.info["icc_profile"] == srgb_profile()
    assert np.array_equal(decode(data).rgb, black)


def test_what_notes_no_resolution_has_none() -> None:
    black = np.zeros((20, 20, 3), np.uint8)
    assert dots_per_inch(export(black, "jpeg", quality=80, profile=srgb_profile())) is None
    assert dots_per_inch(export(black, "webp", quality=80, profile=srgb_profile(), dpi=72)) is None
    assert dots_per_inch(b"") is None
    out = io.BytesIO()
    Pillow.fromarray(black).save(out, "png")
    assert dots_per_inch(out.getvalue()) is None
    assert dots_per_inch(export(black, "jpeg", quality=80, profile=srgb_profile(), dpi=72)[:17]) is None
