"""HEIC through pi-heif. The files were made by heic/make.py."""

from __future__ import annotations

import numpy as np
import pytest

from services.kit.errors import AnimatedPicture, PhotoError, TooManyPixels, TruncatedFile, UnsupportedFormat
from services.kit.pictures import Limits, decode, icc, probe
from services.kit.pictures.heif import _from_code_points
from tests.parts import photos
from tests.parts.colours import SPACES, expected


def test_a_plain_picture() -> None:
    picture = decode(photos.heic("plain"))
    assert (picture.info.format, picture.info.width, picture.info.height, picture.info.bits) == ("heic", 64, 48, 8)
    assert np.array_equal(picture.rgb, photos.quarters())
    assert picture.alpha is None
    assert probe(photos.heic("plain")) == picture.info


def test_the_containers_own_rotation_is_applied_once() -> None:
    picture = decode(photos.heic("turned"))
    assert (picture.info.width, picture.info.height, picture.info.orientation) == (48, 64, 1)
    assert np.array_equal(picture.rgb, np.rot90(photos.quarters(), -1))


def test_colours_named_by_code_points() -> None:
    picture = decode(photos.heic("display_p3_nclx"))
    assert picture.info.profile == "Display P3"
    assert picture.icc is None
    assert np.abs(picture.rgb - expected(photos.quarters() / 255, *SPACES[1])).max() <= 2


def test_avif_with_code_points_is_converted_too() -> None:
    # libvips writes sRGB code points; make them Display P3 where they stand in the file.
    data = bytearray(photos.image(photos.quarters()).heifsave_buffer(compression="av1", lossless=True, bitdepth=10))
    at = data.index(b"nclx\0\1")
    data[at + 4 : at + 6] = b"\0\x0c"
    picture = decode(bytes(data))
    assert picture.info.profile == "Display P3"
    assert np.abs(picture.rgb - expected(photos.quarters() / 255, *SPACES[1])).max() <= 2


def test_ten_bits_reach_full_white() -> None:
    picture = decode(photos.heic("ten_bits"))
    assert picture.info.bits == 10
    assert np.unique(picture.rgb[:, :16]).tolist() == [255]
    assert np.unique(picture.rgb[:, 16:]).tolist() == [128]


def test_alpha() -> None:
    picture = decode(photos.heic("alpha"))
    assert picture.alpha is not None
    assert np.unique(picture.alpha[:24, :32]).tolist() == [0]
    assert np.unique(picture.alpha[24:]).tolist() == [255]
    assert np.unique(picture.rgb[:24, :32]).tolist() == [255]
    assert np.array_equal(picture.rgb[24:], photos.quarters()[24:])


def test_grey() -> None:
    assert np.abs(decode(photos.heic("grey")).rgb.astype(int) - photos.quarters()[..., 1:2]).max() <= 1


def test_smaller() -> None:
    small = decode(photos.heic("plain"), long_side=32).rgb
    assert small.shape == (24, 32, 3)
    assert np.array_equal(small[3, 3], photos.QUARTERS[0, 0])


def test_high_dynamic_range_is_refused_not_shown_flat() -> None:
    with pytest.raises(UnsupportedFormat, match="high dynamic range HEIC, PQ curve"):
        decode(photos.heic("hdr_pq"))


def test_several_pictures_in_one_file() -> None:
    with pytest.raises(AnimatedPicture) as caught:
        probe(photos.heic("two"))
    assert caught.value.details["frames"] == "2"
    assert np.array_equal(decode(photos.heic("two"), Limits(frames=2)).rgb, photos.quarters())


def test_limits_hold_before_decoding() -> None:
    with pytest.raises(TooManyPixels):
        decode(photos.heic("plain"), Limits(side=63))


def test_every_cut_is_refused() -> None:
    data = photos.heic("plain")
    for size in range(1, len(data), 7):
        with pytest.raises(PhotoError):
            decode(data[:size])
    with pytest.raises(TruncatedFile):
        decode(data[:-1])


def test_item_types_that_are_no_text_are_refused_before_they_crash_the_reader() -> None:
    data = photos.image(photos.quarters()).heifsave_buffer(compression="av1").replace(b"Exif\0\0", b"\x80xif\0\0", 1)
    with pytest.raises(TruncatedFile, match="list of contents is broken"):
        probe(data)


def test_code_points_without_a_meaning_for_us_are_noted() -> None:
    unknown = {"color_primaries": 1, "transfer_characteristics": 9}
    assert _from_code_points(unknown, "heic") == (None, ("Transfer curve 9 of ITU-T H.273 was read as sRGB.",))
    points = {
        f"color_primary_{name}_{axis}": value
        for name, xy in {"red": (0.64, 0.33), "green": (0.3, 0.6), "blue": (0.15, 0.06), "white": icc.D65}.items()
        for axis, value in zip("xy", xy, strict=True)
    }
    profile, notes = _from_code_points({"color_primaries": 1, "transfer_characteristics": 4, **points}, "heic")
    assert notes == ()
    assert profile == icc.matrix_profile("H.273 primaries 1", icc.SRGB_PRIMARIES, transfer=2.2)
