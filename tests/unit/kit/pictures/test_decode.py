"""Every format and every orientation gives the same upright picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.kit.errors import UnsupportedFormat
from services.kit.pictures import Limits, decode, fitted, probe
from services.kit.pictures.vips import Image
from tests.parts import photos

# What a viewer does with each EXIF value (CIPA DC-008, tag 274), spelled with numpy.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}


def deep(array: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return array.astype(np.uint16) * 257


@pytest.mark.parametrize(
    ("data", "kind", "bits", "tolerance"),
    [
        (photos.png(photos.quarters()), "png", 8, 0),
        (photos.png(photos.quarters(), interlace=True), "png", 8, 0),
        (photos.png(photos.quarters(), palette=True), "png", 8, 0),
        (photos.png(deep(photos.quarters())), "png", 16, 0),
        (photos.tiff(photos.quarters()), "tiff", 8, 0),
        (photos.tiff(deep(photos.quarters()), compression="lzw", predictor="horizontal"), "tiff", 16, 0),
        (photos.tiff(photos.quarters(), tile=True, bigtiff=True), "tiff", 8, 0),
        (photos.jpeg(photos.quarters()), "jpeg", 8, 2),
        (photos.jpeg(photos.quarters(), interlace=True), "jpeg", 8, 2),
        (photos.image(photos.quarters()).webpsave_buffer(lossless=True), "webp", 8, 0),
        (photos.image(photos.quarters()).heifsave_buffer(compression="av1", lossless=True), "avif", 8, 0),
        (
            photos.image(deep(photos.quarters())).heifsave_buffer(compression="av1", lossless=True, bitdepth=10),
            "avif",
            10,
            1,
        ),
    ],
)
def test_formats(data: bytes, kind: str, bits: int, tolerance: int) -> None:
    picture = decode(data)
    assert (picture.info.format, picture.info.bits, picture.info.frames) == (kind, bits, 1)
    assert (picture.info.width, picture.info.height) == (64, 48)
    assert picture.rgb.shape == (48, 64, 3)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.flags.c_contiguous
    assert picture.alpha is None
    assert np.abs(picture.rgb.astype(int) - photos.quarters()).max() <= tolerance
    assert probe(data) == picture.info


@pytest.mark.parametrize("kind", ["png8", "png16", "png1", "jpeg", "tiff16"])
def test_grey(kind: str) -> None:
    grey = photos.quarters()[..., 1]
    data = {
        "png8": lambda: photos.png(grey),
        "png16": lambda: photos.png(grey.astype(np.uint16) * 257),
        "png1": lambda: photos.png(np.where(grey > 100, 255, 0).astype(np.uint8), bitdepth=1),
        "jpeg": lambda: photos.jpeg(grey),
        "tiff16": lambda: photos.tiff(grey.astype(np.uint16) * 257),
    }[kind]()
    expected = np.where(grey > 100, 255, 0) if kind == "png1" else grey
    rgb = decode(data).rgb
    assert np.abs(rgb.astype(int) - expected[..., None]).max() <= (1 if kind == "jpeg" else 0)


def test_sixteen_bits_are_rounded_not_cut() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    rgb = decode(photos.png(np.dstack([levels] * 3))).rgb
    assert np.array_equal(rgb[..., 0], np.rint(levels / 257.0).astype(np.uint8))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    expected = UPRIGHT[orientation](photos.quarters())
    for data in (
        photos.tagged(photos.quarters(), orientation).jpegsave_buffer(Q=98, subsample_mode="off"),
        photos.tagged(photos.quarters(), orientation).tiffsave_buffer(),
        photos.tagged(photos.quarters(), orientation).pngsave_buffer(),
        photos.tagged(photos.quarters(), orientation).webpsave_buffer(lossless=True),
    ):
        picture = decode(data)
        assert picture.info.orientation == orientation
        assert (picture.info.height, picture.info.width) == expected.shape[:2]
        assert np.abs(picture.rgb.astype(int) - expected).max() <= 2
        assert picture.rgb.flags.c_contiguous


@pytest.mark.parametrize("orientation", [1, 6])
def test_alpha_turns_with_the_picture_and_clear_pixels_are_white(orientation: int) -> None:
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:24, :32], alpha[24:, 32:] = 0, 128
    picture = decode(photos.tagged(np.dstack([photos.quarters(), alpha]), orientation).pngsave_buffer())
    assert picture.info.has_alpha
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, UPRIGHT[orientation](alpha[..., None])[..., 0])
    expected = photos.quarters().copy()
    expected[:24, :32] = 255
    assert np.array_equal(picture.rgb, UPRIGHT[orientation](expected))


def test_a_picture_with_alpha_is_seen_over_white() -> None:
    rgba = np.zeros((300, 40, 4), np.uint8)
    rgba[..., :3], rgba[..., 3] = (200, 100, 0), np.arange(300)[:, None].clip(0, 255)
    picture = decode(photos.png(rgba))
    cover = rgba[..., 3:].astype(np.float64) / 255
    expected = np.rint(rgba[..., :3] * cover + 255 * (1 - cover))
    assert np.abs(picture.over_white().astype(int) - expected).max() <= 1
    assert picture.over_white()[0, 0].tolist() == [255, 255, 255]
    assert np.array_equal(picture.over_white()[-1, 0], [200, 100, 0])
    plain = decode(photos.png(np.ascontiguousarray(rgba[..., :3])))
    assert plain.over_white() is plain.rgb


def test_deep_alpha_is_rounded() -> None:
    rgba = np.full((32, 32, 4), 65535, np.uint16)
    rgba[..., 3] = np.arange(1024).reshape(32, 32) * 64
    picture = decode(photos.png(rgba))
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, np.rint(rgba[..., 3] / 257.0))


def test_premultiplied_tiff_is_divided_out() -> None:
    rgba = np.dstack([photos.quarters(), np.full((48, 64), 128, np.uint8)])
    picture = decode(photos.tiff(rgba, premultiply=True))
    assert picture.alpha is not None
    assert np.unique(picture.alpha).tolist() == [128]
    assert np.abs(picture.rgb.astype(int) - photos.quarters()).max() <= 2


def test_a_saved_selection_is_not_transparency() -> None:
    rgba = np.dstack([photos.quarters(), np.zeros((48, 64), np.uint8)])
    data = bytearray(photos.tiff(rgba))
    straight = photos.directory([(338, 3, 1, 2)])[2:14]
    at = data.index(straight)
    data[at : at + 12] = photos.directory([(338, 3, 1, 0)])[2:14]
    picture = decode(bytes(data))
    assert picture.alpha is None
    assert not picture.info.has_alpha
    assert np.array_equal(picture.rgb, photos.quarters())


def test_samples_that_are_no_picture() -> None:
    floats = Image.black(32, 32, bands=3).cast("float").copy(interpretation="srgb").tiffsave_buffer()
    with pytest.raises(UnsupportedFormat, match="float"):
        decode(floats)


PERIOD = 64  # full-size pixels


def waves(height: int, width: int) -> NDArray[np.uint8]:
    """Red waves along x, green ones along y: their phase tells where a pixel came from, to hundredths of a pixel."""
    x, y = (np.cos(2 * np.pi * (np.arange(side) + 0.5) / PERIOD) * 100 + 127 for side in (width, height))
    return np.stack(np.broadcast_arrays(x[None, :], y[:, None], 128.0), -1).round().astype(np.uint8)


def shift(line: NDArray[np.float64], full: int) -> float:
    """By how many full-size pixels the waves of a line of pixels are displaced from where they belong."""
    at = (np.arange(line.size) + 0.5) * full / line.size
    keep = at < full // PERIOD * PERIOD  # whole periods
    turn = np.exp(-2j * np.pi * at / PERIOD) * np.gradient(at)
    return float(np.angle(np.sum(((line - 127.0) * turn)[keep])) * PERIOD / (2 * np.pi))


@pytest.mark.parametrize(
    "data",
    [
        photos.jpeg(waves(1200, 1600)),
        photos.jpeg(waves(1201, 1603)),
        photos.png(waves(1200, 1600)),
        photos.image(waves(1200, 1600)).webpsave_buffer(Q=95),
        photos.tiff(deep(waves(1200, 1600))),
    ],
    ids=["jpeg", "odd jpeg", "png", "webp", "tiff16"],
)
@pytest.mark.parametrize("long_side", [800, 400, 177])
def test_a_smaller_decode_has_the_geometry_of_the_full_one(data: bytes, long_side: int) -> None:
    full = decode(data)
    small = decode(data, long_side=long_side)
    assert small.info == full.info
    width, height = fitted(full.info.width, full.info.height, long_side)
    assert small.rgb.shape == (height, width, 3)
    for picture in (full, small):
        assert abs(shift(picture.rgb[..., 0].mean(axis=0), full.info.width)) < 0.1
        assert abs(shift(picture.rgb[..., 1].mean(axis=1), full.info.height)) < 0.1


def test_a_smaller_decode_is_turned_and_never_enlarged() -> None:
    data = photos.tagged(photos.quarters(480, 640), 6).jpegsave_buffer(Q=98)
    assert decode(data, long_side=64).rgb.shape == (64, 48, 3)
    assert np.abs(decode(data, long_side=64).rgb[4, 4].astype(int) - photos.QUARTERS[1, 0]).max() <= 3
    assert decode(data, long_side=10_000).rgb.shape == (640, 480, 3)
    with pytest.raises(ValueError, match="long_side"):
        decode(data, long_side=0)


@pytest.mark.parametrize(
    "data", [photos.jpeg(waves(1200, 1600)), photos.tiff(deep(waves(1200, 1600)))], ids=["8", "16"]
)
def test_a_quick_smaller_decode_is_off_by_a_level_at_most(data: bytes) -> None:
    exact, quick = (decode(data, long_side=700, quick=hasty).rgb.astype(int) for hasty in (False, True))
    assert np.abs(quick - exact).max() == 1
    assert np.abs(quick - exact).mean() < 0.5


def test_transparent_colours_do_not_bleed_into_a_smaller_decode() -> None:
    rgba = np.zeros((256, 256, 4), np.uint8)
    rgba[:, 128:] = (200, 100, 50, 255)
    rgba[:, :128] = (0, 255, 0, 0)
    picture = decode(photos.png(rgba), long_side=30)
    assert picture.alpha is not None
    solid = picture.alpha > 32
    assert np.abs(picture.rgb[solid].astype(int) - (200, 100, 50)).max() <= 2


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 4000))
def test_fitted_size(width: int, height: int, long_side: int) -> None:
    small = fitted(width, height, long_side)
    assert max(small) == min(max(width, height), long_side)
    assert min(small) >= 1
    scale = max(small) / max(width, height)
    for side, original in zip(small, (width, height), strict=True):
        assert abs(side - original * scale) <= 0.5 or side == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(16, 300), st.integers(16, 300), st.integers(1, 320), st.sampled_from(["jpeg", "webp", "png"]))
def test_any_size_decodes_to_exactly_the_size_asked_for(width: int, height: int, long_side: int, kind: str) -> None:
    made: Any = photos.image(photos.gradient(height, width))
    data = {"jpeg": made.jpegsave_buffer, "webp": made.webpsave_buffer, "png": made.pngsave_buffer}[kind]()
    assert decode(data, long_side=long_side).rgb.shape[1::-1] == fitted(width, height, long_side)


def test_the_file_name_plays_no_part_and_limits_default() -> None:
    assert decode(photos.png(photos.quarters()), Limits()).info.format == "png"
