"""Cut and flipped files: a clear refusal or a whole picture, never a crash, a hang or half a photo."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.errors import PhotoError, TruncatedFile
from services.kit.pictures import decode
from tests.parts import photos

SMALL = {
    "jpeg": photos.jpeg(photos.gradient(40, 56), photos.ADOBE_RGB),
    "progressive": photos.jpeg(photos.gradient(40, 56), interlace=True),
    "png": photos.png(photos.gradient(40, 56), photos.ADOBE_RGB),
    "webp": bytes(photos.image(photos.gradient(40, 56)).webpsave_buffer()),
    "tiff": photos.tiff(photos.gradient(40, 56), compression="lzw"),
    "avif": bytes(photos.image(photos.gradient(40, 56)).heifsave_buffer(compression="av1")),
    "heic": photos.heic("plain"),
}
WHOLE = {name: decode(data).rgb for name, data in SMALL.items()}


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_refused_or_whole(name: str, share: float) -> None:
    data = SMALL[name]
    try:
        picture = decode(data[: int(len(data) * share)])
    except PhotoError as refusal:
        assert refusal.message
    else:  # only what follows the picture was cut
        assert np.array_equal(picture.rgb, WHOLE[name])


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_changed_byte_never_breaks_out(name: str, share: float, value: int) -> None:
    data = bytearray(SMALL[name])
    data[int(len(data) * share)] = value
    try:
        picture = decode(bytes(data))
    except PhotoError as refusal:
        assert refusal.message
    else:
        assert picture.rgb.dtype == np.uint8
        assert picture.rgb.shape[:2] == (picture.info.height, picture.info.width)


def test_lost_lines_behind_a_proper_end_are_noticed() -> None:
    data = photos.jpeg(photos.gradient(400, 600))
    with pytest.raises(TruncatedFile):
        decode(data[: len(data) // 2] + b"\xff\xd9")


def test_harmless_slips_of_a_writer_are_no_reason_to_refuse() -> None:
    data = bytearray(photos.jpeg(photos.quarters()))
    spectrum = data.index(b"\0\x3f\0", data.index(b"\xff\xda"))
    data[spectrum + 1] = 0  # "Invalid SOS parameters for sequential JPEG", as some phones write
    assert np.array_equal(decode(bytes(data)).rgb, decode(photos.jpeg(photos.quarters())).rgb)


def test_harmless_litter_in_a_jpeg_is_no_reason_to_refuse() -> None:
    data = photos.jpeg(photos.gradient(64, 96))
    table = data.index(b"\xff\xdb")
    for littered in (data[:table] + b"\0\0\0" + data[table:], data + b"litter" * 50, data[:-2] + b"\0\0" + data[-2:]):
        assert np.array_equal(decode(littered).rgb, decode(data).rgb)


def test_a_second_picture_behind_the_first_is_ignored() -> None:
    both = photos.jpeg(photos.quarters()) + photos.jpeg(photos.gradient(48, 64))  # like MPO
    assert np.array_equal(decode(both).rgb, decode(photos.jpeg(photos.quarters())).rgb)


def test_many_threads_do_not_disturb_each_other() -> None:
    def outcome(index: int) -> str:
        name = list(SMALL)[index % len(SMALL)]
        data = SMALL[name] if index % 3 else SMALL["jpeg"][:600] + b"\xff\xd9"
        try:
            return name if np.array_equal(decode(data).rgb, WHOLE[name]) else "another picture"
        except TruncatedFile:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(outcome, range(210)))
    names = list(SMALL)
    assert outcomes == [names[index % len(names)] if index % 3 else "refused" for index in range(210)]


def test_a_broken_photo_is_told_the_same_however_busy_the_process_is() -> None:
    """libvips' own words come out of one buffer for all threads."""
    broken = [photos.jpeg(photos.gradient(300, 400))[:-2000], photos.png(photos.gradient(300, 400))[:-2000]] * 40

    def told(data: bytes) -> str:
        with pytest.raises(TruncatedFile) as caught:
            decode(data)
        return caught.value.message

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(told, broken))) == 1
