"""Exports: sizes, white, profile, metadata, byte limits."""

from __future__ import annotations

import numpy as np
import pytest

from services.compose.errors import ExportTooLarge
from services.compose.exports import LOWEST_QUALITY, encode, keeps_aspect, size
from services.compose.render import render
from services.compose.template import Canvas, ExportSpec
from services.kit.pictures import decode, probe
from tests.parts.cutouts import SMALL, ellipse, shipped, xmp_of

CANVAS = Canvas(320, 320, 300)
XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'


def spec(fmt: str = "jpeg", **changes: object) -> ExportSpec:
    values = {"name": "e", "width": 200, "height": None, "format": fmt, "quality": 90, "max_bytes": None} | changes
    return ExportSpec(**values)  # type: ignore[arg-type]


def flat() -> np.ndarray:
    # Margins wider than a JPEG block of 16 pixels at every size tested.
    template = shipped("plain-white", **SMALL, **{"fill: 0.85": "fill: 0.6"})
    return render(ellipse(), None, template, 320, 320, "A").flat


def noise() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (320, 320, 3), dtype=np.uint8)


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_size_profile_and_metadata_of_every_format(fmt: str) -> None:
    made = encode(flat(), spec(fmt), CANVAS, XMP)
    info = probe(made.data)
    assert (info.format, info.width, info.height) == (fmt, 200, 200)
    assert info.profile == "sRGB IEC61966-2.1"
    assert XMP in xmp_of(made.data)


@pytest.mark.parametrize("width", [320, 200, 100])
@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp"])
def test_white_is_255_at_the_border_of_the_decoded_file(fmt: str, width: int) -> None:
    picture = decode(encode(flat(), spec(fmt, width=width), CANVAS, XMP).data).rgb
    for line in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (line == 255).all()


def test_a_png_export_is_the_flat_picture() -> None:
    picture = flat()
    assert np.array_equal(decode(encode(picture, spec("png", width=320), CANVAS, XMP).data).rgb, picture)


@pytest.mark.parametrize("fmt", ["jpeg", "webp"])
def test_max_bytes_takes_the_best_quality_that_fits(fmt: str) -> None:
    free = encode(noise(), spec(fmt), CANVAS, XMP)
    limit = len(free.data) * 2 // 3
    made = encode(noise(), spec(fmt, max_bytes=limit), CANVAS, XMP)
    assert LOWEST_QUALITY <= made.quality < 90
    assert len(made.data) <= limit
    assert len(encode(noise(), spec(fmt, quality=made.quality + 1), CANVAS, XMP).data) > limit


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "png"])
def test_a_limit_that_cannot_be_met_is_told_with_the_size(fmt: str) -> None:
    with pytest.raises(ExportTooLarge) as caught:
        encode(noise(), spec(fmt, max_bytes=4000), CANVAS, XMP)
    assert int(caught.value.details["size"]) > 4000


def test_sizes_keep_the_canvas_aspect_unless_told_otherwise() -> None:
    canvas = Canvas(1800, 2600, 300)
    assert size(spec(width=900), canvas) == (900, 1300)
    assert keeps_aspect(spec(width=900), canvas)
    assert keeps_aspect(spec(width=762, height=1101), canvas)
    assert not keeps_aspect(spec(width=900, height=900), canvas)
