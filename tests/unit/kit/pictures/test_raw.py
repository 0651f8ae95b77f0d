"""Camera RAW: colours, turns, sizes, limits and damage, on a DNG whose colours are known."""

from __future__ import annotations

import numpy as np
import pytest

from services.kit.errors import FileTooLarge, PhotoError, TooManyPixels, TruncatedFile, UnsupportedFormat
from services.kit.pictures import Limits, raw, sniff
from services.kit.pictures.colour import to_linear
from services.kit.pictures.decode import decode
from services.kit.pictures.probe import probe
from tests.parts import photos, raws


def quarters(height: int = 96, width: int = 128) -> np.ndarray:
    return photos.quarters(height, width)


def dng(rgb: np.ndarray, **options: object) -> bytes:
    return raws.dng(to_linear(rgb), **options)  # type: ignore[arg-type]


def centres(rgb: np.ndarray) -> np.ndarray:
    """The middle of each quarter: (2, 2, 3)."""
    height, width = rgb.shape[:2]
    return rgb[height // 4 :: height // 2, width // 4 :: width // 2].astype(int)


def test_a_dng_is_developed_to_its_true_colours() -> None:
    picture = decode(dng(quarters()))
    assert picture.info.format == "dng"
    assert picture.rgb.shape == (96, 128, 3)
    assert picture.rgb.dtype == np.uint8
    assert np.abs(centres(picture.rgb) - centres(quarters())).max() <= 2


def test_greys_stay_neutral_and_keep_their_brightness() -> None:
    grey = np.full((64, 64, 3), 1, np.uint8)
    for code in (20, 118, 200):  # brightness must not follow the brightest pixel
        found = decode(dng(grey * code)).rgb[16:-16, 16:-16].astype(int)
        assert np.abs(found - code).max() <= 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_picture_stands_upright(orientation: int) -> None:
    stored = quarters()
    picture = decode(dng(stored, orientation=orientation))
    upright = np.rot90(stored, {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    assert picture.info.orientation == orientation
    assert (picture.info.height, picture.info.width) == upright.shape[:2] == picture.rgb.shape[:2]
    assert np.abs(centres(picture.rgb) - centres(upright)).max() <= 2


@pytest.mark.parametrize(("long_side", "shrink"), [(64, 2), (40, 2), (100, 1), (500, 1)])
def test_a_smaller_picture_has_exactly_the_wanted_side(
    long_side: int, shrink: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    pixels = raw.pixels
    monkeypatch.setattr(raw, "pixels", lambda data, kind, shrink=1: asked.append(shrink) or pixels(data, kind, shrink))
    picture = decode(dng(quarters()), long_side=long_side)
    assert asked == [shrink]
    assert max(picture.rgb.shape[:2]) == min(long_side, 128)
    assert np.abs(centres(picture.rgb) - centres(quarters())).max() <= 2


def test_the_header_tells_the_facts() -> None:
    info = probe(dng(quarters(), orientation=6))
    assert (info.format, info.width, info.height, info.frames, info.has_alpha) == ("dng", 96, 128, 1, False)
    assert "white balance" in info.notes[0]


def test_limits_hold_before_anything_is_developed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "pixels", lambda *_: pytest.fail("developed"))
    data = dng(quarters())
    with pytest.raises(TooManyPixels):
        decode(data, Limits(megapixels=0.01))
    with pytest.raises(TooManyPixels):
        decode(dng(quarters(), size=(19_000, 19_000)))
    with pytest.raises(FileTooLarge):
        decode(data, Limits(bytes=1000))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_raw_that_ends_early_is_truncated(share: float) -> None:
    data = dng(quarters())
    with pytest.raises(TruncatedFile):
        decode(data[: int(len(data) * share)])


def test_a_raw_nobody_can_develop_is_refused_by_its_kind() -> None:
    with pytest.raises(UnsupportedFormat, match="RAF"):
        probe(b"FUJIFILMCCD-RAW 0201" + bytes(2000))


def test_every_kind_the_sniffer_names_has_a_decoder() -> None:
    assert set(sniff._RAW.values()) < raw.KINDS


def test_a_damaged_raw_is_a_picture_or_a_refusal() -> None:
    data, rng = dng(quarters(32, 32)), np.random.default_rng(1)
    decoded = 0
    for _ in range(80):
        damaged = bytearray(data)
        for at in rng.integers(8, 480, 3):
            damaged[at] = rng.integers(256)
        try:
            decode(bytes(damaged), Limits(megapixels=1))
            decoded += 1
        except PhotoError as refusal:
            assert refusal.message
    assert 0 < decoded < 80
