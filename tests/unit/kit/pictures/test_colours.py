"""Embedded profiles become sRGB; expected colours are computed here from published numbers, or by another program."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms

from services.kit.pictures import decode, icc, probe, srgb_profile
from tests.parts import photos
from tests.parts.colours import SPACES, Transfer, expected

CMYK = bytes(pyvips.Operation.call("profile_load", "cmyk"))
IDS = ["Adobe RGB", "Display P3", "ProPhoto"]


def lattice() -> NDArray[np.uint8]:
    steps = np.linspace(0, 255, 7).round().astype(np.uint8)
    return np.stack(np.meshgrid(*[steps] * 3, indexing="ij"), -1).reshape(7, 49, 3).repeat(3, axis=0)


@pytest.mark.parametrize(("profile", "linearise"), SPACES, ids=IDS)
def test_rgb_profiles(profile: bytes, linearise: Transfer) -> None:
    truth = expected(lattice() / 255, profile, linearise)
    picture = decode(photos.png(lattice(), profile))
    assert picture.info.profile == icc.description(profile)
    assert picture.info.notes == ()
    assert picture.icc == profile
    # Near black one level of light is many encoded levels of a wide space: 8-bit arithmetic of LCMS, 2 levels.
    assert np.abs(picture.rgb - truth).max() <= 2.0
    assert np.abs(picture.rgb - truth).mean() <= 0.4


@pytest.mark.parametrize(("profile", "linearise"), SPACES, ids=IDS)
def test_deep_files_are_converted_before_they_are_rounded(profile: bytes, linearise: Transfer) -> None:
    # 512 steps over a narrow range: at 8 bits of the source most of them would fall together.
    ramp = np.linspace(0.10, 0.20, 512)
    samples = np.rint(ramp * 65535).astype(np.uint16)
    array = np.broadcast_to(samples[None, :, None], (16, 512, 3))
    rgb = decode(photos.tiff(np.ascontiguousarray(array), profile)).rgb
    truth = expected(np.repeat((samples / 65535)[:, None], 3, axis=1), profile, linearise)
    assert np.abs(rgb[0] - truth).max() <= 0.75  # half a level of rounding, a little of the profile's tables


def test_srgb_files_keep_their_pixels_exactly() -> None:
    for profile in (srgb_profile(), bytes(pyvips.Operation.call("profile_load", "srgb"))):
        picture = decode(photos.png(photos.quarters(), profile))
        assert np.array_equal(picture.rgb, photos.quarters())
        assert picture.info.profile == icc.description(profile)
        assert picture.icc == profile


def test_a_grey_profile() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(16).reshape(64, 64)
    profile = icc.grey_profile("Gray Gamma 1.8", 1.8)
    picture = decode(photos.png(levels, profile))
    linear = (levels / 255) ** (round(1.8 * 256) / 256)
    truth = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert picture.info.profile == "Gray Gamma 1.8"
    assert np.abs(picture.rgb - truth[..., None]).max() <= 1.5


@pytest.mark.parametrize("kind", ["tiff", "jpeg"])
@pytest.mark.parametrize("embedded", [True, False], ids=["with profile", "without"])
def test_cmyk(kind: str, embedded: bool) -> None:
    inks = np.zeros((48, 64, 4), np.uint8)
    inks[:24, :32], inks[:24, 32:], inks[24:, :32], inks[24:, 32:] = (
        (200, 30, 20, 10), (10, 210, 40, 0), (0, 20, 220, 0), (40, 40, 40, 120)
    )  # fmt: skip
    made = photos.image(inks, interpretation="cmyk", profile=CMYK if embedded else None)
    data = made.tiffsave_buffer() if kind == "tiff" else _inverted_jpeg(inks, CMYK if embedded else None)
    picture = decode(data)
    truth = ImageCms.profileToProfile(
        Pillow.frombytes("CMYK", (64, 48), inks.tobytes()),
        io.BytesIO(CMYK),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    away = np.abs(picture.rgb.astype(int) - np.asarray(truth))[4:-4, 4:-4]
    assert np.median(away) <= 1
    if embedded:
        assert (picture.info.profile, picture.info.notes, picture.icc) == ("Chemical proof", (), CMYK)
    else:
        assert picture.info.profile is None
        assert picture.info.notes == ("CMYK without a usable profile was read as generic press CMYK.",)


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        (b"not a profile" * 40, "is damaged"),
        (photos.ADOBE_RGB[:300], "is damaged"),
        (photos.ADOBE_RGB[:200] + b"\xff" * (len(photos.ADOBE_RGB) - 200), "is damaged"),
        (CMYK, "is meant for CMYK, the picture is RGB"),
        (icc.grey_profile("grey", 2.2), "is meant for greyscale, the picture is RGB"),
    ],
    ids=["junk", "cut", "overwritten", "cmyk", "grey"],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_an_unusable_profile_is_left_out_and_said_so(profile: bytes, why: str, kind: str) -> None:
    written = io.BytesIO()  # by Pillow: libvips writes no profile it would not read
    options = {"quality": 98, "subsampling": 0} if kind == "JPEG" else {}
    Pillow.fromarray(photos.quarters()).save(written, kind, icc_profile=profile, **options)
    data = written.getvalue()
    picture = decode(data)
    assert np.abs(picture.rgb.astype(int) - photos.quarters()).max() <= (2 if kind == "JPEG" else 0)
    assert picture.info.profile is None
    assert picture.info.notes == (f"The embedded colour profile {why}; it was ignored.",)
    assert picture.icc == profile
    assert probe(data) == picture.info


def test_a_profile_lcms_refuses_although_its_structure_is_whole() -> None:
    # Every tag is in place, but the curve claims two thousand million points.
    broken = bytearray(photos.ADOBE_RGB)
    entry = broken.index(b"rTRC")
    offset = int.from_bytes(broken[entry + 4 : entry + 8], "big")
    broken[offset + 8 : offset + 12] = (2**31).to_bytes(4, "big")
    picture = decode(photos.tiff(photos.quarters(), bytes(broken)))
    assert picture.info.profile is None
    assert picture.info.notes == ("The embedded colour profile cannot be used; it was ignored.",)
    assert np.array_equal(picture.rgb, photos.quarters())


def test_adobe_rgb_named_only_in_exif() -> None:
    made = photos.image(photos.quarters())
    made.set_type(pyvips.GValue.gstr_type, "exif-ifd4-InteroperabilityIndex", "R03 (R03, ASCII, 4 components, 4 bytes)")
    data = made.jpegsave_buffer(Q=98, subsample_mode="off")
    picture = decode(data)
    truth = expected(photos.quarters() / 255, *SPACES[0])
    assert picture.info.profile == "Adobe RGB (1998)"
    assert picture.icc is None
    assert np.abs(picture.rgb - truth).max() <= 4


def _inverted_jpeg(inks: NDArray[np.uint8], profile: bytes | None) -> bytes:
    """CMYK the way Photoshop stores it, upside down and with an Adobe marker; Pillow writes it so."""
    written = io.BytesIO()
    options = {"icc_profile": profile} if profile else {}
    Pillow.frombytes("CMYK", (64, 48), inks.tobytes()).save(written, "JPEG", quality=100, **options)
    return written.getvalue()
