"""remove.bg's parameters: what each means, and the code of each that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.removebg.errors import ParameterRefused, said
from gateway.removebg.parameters import Parameters, read
from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.images.v1 import images_pb2
from services.kit.errors import Overloaded, SelvageError, TooManyPixels


def parsed(bg_file: bool = False, **given: str) -> Parameters:
    return read(given, bg_file, 400, 300)


def test_nothing_said_is_a_preview_of_a_quarter_megapixel() -> None:
    assert parsed().style == pb.CutoutStyle(max_pixels=250_000)
    assert parsed().type == "product"


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ("preview", 250_000), ("small", 250_000), ("regular", 250_000), ("medium", 1_500_000), ("hd", 4_000_000),
        ("4k", 0), ("full", 0), ("auto", 0), ("50MP", 0), ("FULL", 0),
    ],
)  # fmt: skip
def test_sizes(size: str, pixels: int) -> None:
    assert parsed(size=size).style.max_pixels == pixels


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("81d4fa", (0x81, 0xD4, 0xFA, 255)), ("#81d4fa", (0x81, 0xD4, 0xFA, 255)), ("fff", (255, 255, 255, 255)),
        ("81d4fa77", (0x81, 0xD4, 0xFA, 0x77)), ("f0f8", (255, 0, 255, 0x88)), ("Green", (0, 128, 0, 255)),
        ("rebeccapurple", (0x66, 0x33, 0x99, 255)),
    ],
)  # fmt: skip
def test_colours(colour: str, expected: tuple[int, int, int, int]) -> None:
    found = parsed(bg_color=colour).style.background
    assert (found.red, found.green, found.blue, found.alpha) == expected


def test_a_colour_nobody_sees_is_no_background() -> None:
    assert not parsed(bg_color="ffffff00").style.HasField("background")
    assert parsed(bg_color="ffffff00", bg_image_url="http://example.com/a").bg_url == "http://example.com/a"


def test_geometry() -> None:
    assert parsed(roi="10% 20% 60% 100%").style.region == images_pb2.Box(left=40, top=60, width=200, height=240)
    assert parsed(roi="390px 0px 20px 300px").style.region == images_pb2.Box(left=20, width=370, height=300)
    assert not parsed(roi="0% 0% 100% 100%").style.HasField("region")
    margins = parsed(crop="true", crop_margin="5% 30px").style.margins
    assert (margins.top.share, margins.right.pixels, margins.bottom.share, margins.left.pixels) == (0.05, 30, 0.05, 30)
    margins = parsed(crop_margin="1px 2px 3px 4px").style.margins
    assert [side.pixels for side in (margins.top, margins.right, margins.bottom, margins.left)] == [1, 2, 3, 4]
    assert parsed(scale="80%").style.scale == 0.8
    assert parsed(scale="original").style.scale == 0
    assert parsed(position="20% 100%").style.position == pb.CutoutPosition(x=0.2, y=1.0)
    assert parsed(position="20%").style.position == pb.CutoutPosition(x=0.2, y=0.2)
    assert parsed(position="center").style.position == pb.CutoutPosition(x=0.5, y=0.5)
    assert not parsed(position="original").style.HasField("position")
    assert parsed(position="original", scale="50%").style.position.original


def test_switches() -> None:
    assert parsed(crop="true").style.crop and parsed(crop="1").style.crop
    assert not parsed(crop="false").style.crop and not parsed(crop="undefined").style.crop
    assert parsed(channels="alpha").style.alpha_only
    assert parsed(semitransparency="false").style.solid and not parsed(semitransparency="true").style.solid
    assert parsed(add_shadow="true").style.shadow == pb.CUTOUT_SHADOW_AUTO
    assert parsed(shadow_type="drop", shadow_opacity="40").style.shadow_opacity == 0.4
    assert parsed(shadow_method="cast").style.shadow == pb.CUTOUT_SHADOW_UNSPECIFIED


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"type": "car"}, "car"), ({"type": "person", "type_level": "2"}, "person"), ({"type": "auto"}, "product"),
        ({"type": "car", "type_level": "none"}, ""), ({"type_level": "latest"}, "product"),
        ({"type": "cat"}, "product"),
    ],
)  # fmt: skip
def test_types(given: dict[str, str], kind: str) -> None:
    assert parsed(**given).type == kind


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"size": "huge"}, "invalid_size"),
        ({"format": "gif"}, "invalid_format"),
        ({"channels": "rgb"}, "invalid_channels"),
        ({"roi": "0 0 10"}, "invalid_roi"),
        ({"roi": "-1px 0 10 10"}, "invalid_roi"),
        ({"roi": "0px 0px 401px 10px"}, "roi_exceeds_bounds"),
        ({"roi": "0% 0% 101% 10%"}, "roi_exceeds_bounds"),
        ({"roi": "10px 10px 10px 20px"}, "roi_region_empty"),
        ({"crop_margin": "1px 2px 3px"}, "invalid_crop_margin"),
        ({"crop_margin": "10em"}, "invalid_crop_margin"),
        ({"crop_margin": "101%"}, "invalid_crop_margin"),
        ({"scale": "5%"}, "invalid_scale"),
        ({"scale": "101%"}, "invalid_scale"),
        ({"scale": "30px"}, "invalid_scale"),
        ({"position": "left"}, "invalid_position"),
        ({"position": "1% 2% 3%"}, "invalid_position"),
        ({"bg_color": "nocolour"}, "invalid_bg_color"),
        ({"bg_color": "12345"}, "invalid_bg_color"),
        ({"semitransparency": "perhaps"}, "invalid_semitransparency"),
        ({"bg_color": "fff", "bg_image_url": "http://example.com/"}, "multiple_bg_sources"),
    ],
)
def test_what_is_wrong_has_the_code_clients_know(given: dict[str, str], code: str) -> None:
    with pytest.raises(ParameterRefused) as refused:
        parsed(**given)
    told = said(refused.value)
    assert (told.status, told.code) == (400, code)
    assert told.title


def test_a_background_file_is_a_source_too() -> None:
    with pytest.raises(ParameterRefused) as refused:
        parsed(bg_file=True, bg_color="red")
    assert said(refused.value).code == "multiple_bg_sources"
    assert parsed(bg_file=True).bg_url == ""


@given(
    st.dictionaries(
        st.sampled_from(["size", "roi", "crop_margin", "scale", "position", "bg_color", "format"]), st.text()
    )
)
def test_any_text_is_read_or_refused(given: dict[str, str]) -> None:
    try:
        made = read(given, False, 400, 300)
    except ParameterRefused:
        return
    region = made.style.region
    assert region.left + region.width <= 400 and region.top + region.height <= 300


def test_other_rows_keep_their_status_and_say_what_they_are() -> None:
    assert said(TooManyPixels(width=1, height=1, limit=1, side=1)).code == "resolution_too_high"
    assert (said(Overloaded(seconds=3)).status, said(Overloaded(seconds=3)).code) == (429, "rate_limit_exceeded")
    assert (said(SelvageError()).status, said(SelvageError()).code) == (500, "internal")
