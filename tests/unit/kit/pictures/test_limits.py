"""What asks for too much, or for too little, is refused on its header."""

from __future__ import annotations

import numpy as np
import pytest

from services.kit.errors import (
    AnimatedPicture,
    EmptyFile,
    FileTooLarge,
    TooFewPixels,
    TooManyPixels,
    TruncatedFile,
    UnsupportedFormat,
)
from services.kit.pictures import Limits, decode, probe
from services.kit.pictures.bmff import sequence_frames
from services.kit.pictures.vips import Image
from tests.parts import photos


def test_an_empty_file() -> None:
    with pytest.raises(EmptyFile):
        probe(b"")


def test_a_file_with_too_many_bytes_is_not_even_looked_at() -> None:
    with pytest.raises(FileTooLarge) as caught:
        probe(bytes(1001), Limits(bytes=1000))
    assert caught.value.details == {"size": "1001", "limit": "1000"}


def test_a_tiny_file_that_claims_a_huge_picture_is_refused_by_its_header() -> None:
    data = photos.lying_jpeg(60_000, 60_000)
    assert len(data) < 700
    with pytest.raises(TooManyPixels) as caught:
        decode(data)
    assert caught.value.details["width"] == "60000"


def test_a_lie_within_the_limits_is_found_out_while_decoding() -> None:
    with pytest.raises(TruncatedFile):
        decode(photos.lying_jpeg(4000, 3000))


def test_a_decompression_bomb() -> None:
    bomb = Image.black(20_001, 20).pngsave_buffer()
    assert len(bomb) < 5000
    with pytest.raises(TooManyPixels):
        probe(bomb)
    with pytest.raises(TooManyPixels):
        probe(photos.png(photos.quarters(400, 600)), Limits(megapixels=0.2))
    assert probe(photos.png(photos.quarters(400, 600)), Limits(megapixels=0.24)).width == 600


def test_a_single_pixel_is_not_a_photo() -> None:
    with pytest.raises(TooFewPixels) as caught:
        probe(photos.png(np.zeros((1, 1, 3), np.uint8)))
    assert caught.value.details == {"width": "1", "height": "1", "limit": "16"}
    assert probe(photos.png(np.zeros((16, 16, 3), np.uint8))).height == 16


@pytest.mark.parametrize("kind", ["webp", "gif", "apng", "tiff"])
def test_several_frames(kind: str) -> None:
    roll = photos.image(np.vstack([photos.gradient(48, 64), photos.quarters(), photos.gradient(48, 64)[::-1]]))
    data = {
        "webp": lambda: roll.webpsave_buffer(page_height=48),
        "gif": lambda: _gif(3),
        "apng": lambda: photos.animated_png(3),
        "tiff": lambda: roll.tiffsave_buffer(page_height=48),
    }[kind]()
    with pytest.raises(AnimatedPicture) as caught:
        probe(data)
    assert caught.value.details["frames"] == "3"


def test_a_still_gif_is_just_no_format_of_ours() -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        probe(_gif(1))
    assert caught.value.details["found"] == "GIF"


def test_the_first_frame_is_decoded_when_frames_are_allowed() -> None:
    picture = decode(photos.animated_png(3), Limits(frames=3))
    assert picture.info.frames == 3
    assert np.array_equal(picture.rgb, photos.quarters())


def test_an_image_sequence_is_told_by_its_sample_table() -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    sizes = box(b"stsz", bytes(8) + (24).to_bytes(4, "big"))
    track = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", sizes))))
    data = box(b"ftyp", b"hevc\0\0\0\0hevcmsf1") + box(b"moov", track)
    assert sequence_frames(data) == 24
    with pytest.raises(AnimatedPicture) as caught:
        probe(data)
    assert caught.value.details["frames"] == "24"


def test_the_refusals_say_what_to_do() -> None:
    with pytest.raises(
        TooManyPixels, match=r"60000 x 60000 pixels, the limit is 120 megapixels and 20000 pixels a side"
    ):
        probe(photos.lying_jpeg(60_000, 60_000))


def _gif(frames: int) -> bytes:
    """1 x 1 pixel frames, GIF89a, LZW: clear, colour 0, end."""
    frame = b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b"\x3b"
