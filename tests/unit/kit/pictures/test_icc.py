"""Our profiles are read by others as what they claim to be."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from services.kit.pictures import icc, srgb_profile
from services.kit.pictures.profiles import convert
from tests.parts import photos
from tests.parts.colours import PUBLISHED

PROFILES = [srgb_profile(), photos.ADOBE_RGB, photos.PROPHOTO, photos.DISPLAY_P3]


@pytest.mark.parametrize("profile", PROFILES, ids=list(map(icc.description, PROFILES)))
def test_lcms_reads_the_published_colourants(profile: bytes) -> None:
    read = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    assert read.profile_description == icc.description(profile)
    assert (read.xcolor_space, read.connection_space, read.version) == ("RGB ", "XYZ ", 2.4)
    columns = [read.red_colorant[0], read.green_colorant[0], read.blue_colorant[0]]
    expected = PUBLISHED[read.profile_description]
    # D65 has four digits in one source and five in another; Lindbloom's D50 has Z = 0.8252, the format's 0.8249.
    assert np.abs(np.array(columns).T - expected).max() < 4e-4


def test_the_colourants_add_up_to_the_white_of_the_connection_space() -> None:
    for profile in PROFILES:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        white = np.sum([read.red_colorant[0], read.green_colorant[0], read.blue_colorant[0]], axis=0)
        assert np.abs(white - (0.9642, 1.0, 0.8249)).max() < 1e-4


def test_our_srgb_is_the_srgb_of_libvips_and_of_lcms() -> None:
    lattice = np.stack(np.meshgrid(*[np.arange(0, 256, 15)] * 3, indexing="ij"), -1).reshape(18, -1, 3).astype(np.uint8)
    through_vips = convert(photos.image(lattice), srgb_profile(), 8).numpy()
    assert np.abs(through_vips.astype(int) - lattice).max() <= 1
    through_lcms = ImageCms.profileToProfile(
        Pillow.fromarray(lattice), io.BytesIO(srgb_profile()), ImageCms.createProfile("sRGB"), renderingIntent=1
    )
    assert np.abs(np.asarray(through_lcms).astype(int) - lattice).max() <= 1


def test_our_srgb_has_the_name_editors_look_for_and_is_small() -> None:
    assert icc.description(srgb_profile()) == "sRGB IEC61966-2.1"
    assert len(srgb_profile()) < 3000
    assert int.from_bytes(srgb_profile()[:4], "big") == len(srgb_profile())


@pytest.mark.parametrize(("name", "space"), [("srgb", "rgb"), ("p3", "rgb"), ("cmyk", "cmyk")])
def test_profiles_of_others(name: str, space: str) -> None:
    profile = bytes(pyvips.Operation.call("profile_load", name))
    assert icc.space(profile) == space
    assert icc.description(profile) == {"srgb": "sRGB", "p3": "sP3C", "cmyk": "Chemical proof"}[name]


@given(st.integers(0, 2600))
def test_a_cut_profile_is_not_usable(size: int) -> None:
    cut = srgb_profile()[:size]
    assert icc.space(cut) == ("rgb" if size >= len(srgb_profile()) else None)
    icc.description(cut)  # whatever is left of the name, no crash


@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_bytes_break_the_reader(junk: bytes, at: int) -> None:
    broken = srgb_profile()[:at] + junk + srgb_profile()[at + len(junk) :]
    icc.description(broken)
    assert icc.space(broken) in {None, "rgb", "grey", "cmyk"}
