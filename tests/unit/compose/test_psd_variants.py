"""How a layered file is kept: depth, coding, and when a PSD becomes a PSB."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.compose.catalogue import parse
from services.compose.errors import TemplateInvalid
from services.compose.naming import Naming
from services.compose.pipeline import compose
from services.compose.psd import save as saving
from services.compose.psd.model import Coding, Constant, Document, Layer
from services.compose.psd.samples import differences, rows
from services.compose.template import PsdSpec
from services.kit.pictures import srgb_profile
from tests.parts.cutouts import ellipse

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)
TEMPLATE = """
schema: selvage/template@1
name: deep
revision: 1
canvas: {{width: 64, height: 64}}
psd: {}
exports: [{{name: a, width: 64, format: png}}]
"""


def document(coding: Coding = Coding(), plane: np.ndarray = NOISE, big: bool = False) -> Document:  # noqa: B008
    layer = Layer("Noise", (plane, plane, plane), Constant(255, plane.shape), mask=plane)
    height, width = plane.shape
    return Document(width, height, 300, (layer,), (plane,) * 3, srgb_profile(), coding=coding, big=big)


@given(arrays(np.uint16, st.tuples(st.integers(1, 6), st.integers(1, 9))))
def test_sixteen_bits_are_big_endian_and_predicted_sample_by_sample(plane: np.ndarray) -> None:
    band = rows(plane, 0, len(plane), 16)
    assert band.tobytes() == plane.astype(">u2").tobytes()
    back = np.cumsum(differences(band).astype(np.uint16), axis=1, dtype=np.uint16)
    assert np.array_equal(back, plane)


@given(arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 9))))
def test_eight_bits_survive_sixteen_and_prediction(plane: np.ndarray) -> None:
    wide = rows(plane, 0, len(plane), 16).astype(np.uint16)
    assert np.array_equal(rows(wide, 0, len(plane), 8), plane)
    assert np.array_equal(np.cumsum(differences(plane), axis=1, dtype=np.uint8), plane)


def codings(path: Path, bits: int) -> list[int]:
    """The compression of every channel of the one layer, the mask included."""
    data = path.read_bytes()
    resources = struct.unpack_from(">I", data, 30)[0]
    at = 34 + resources + 8 if bits == 8 else data.index(b"Lr16") + 8
    assert struct.unpack_from(">h", data, at)[0] == 1
    count = struct.unpack_from(">H", data, at + 18)[0]
    sizes = [struct.unpack_from(">hI", data, at + 20 + 6 * n)[1] for n in range(count)]
    extra = at + 20 + 6 * count + 12
    start = extra + 4 + struct.unpack_from(">I", data, extra)[0]
    return [struct.unpack_from(">H", data, start + sum(sizes[:n]))[0] for n in range(count)]


@pytest.mark.parametrize(("coding", "want"), [
    (Coding(8), 1), (Coding(8, zipped=True), 3), (Coding(16), 1), (Coding(16, zipped=True), 3),
])  # fmt: skip
def test_a_layer_has_one_coding_for_channels_and_mask(coding: Coding, want: int, tmp_path: Path) -> None:
    path = saving.save(document(coding), tmp_path, "a")
    assert codings(path, coding.bits) == [want] * 5


def test_a_zipped_channel_is_one_zlib_stream_of_differences(tmp_path: Path) -> None:
    data = saving.save(document(Coding(zipped=True)), tmp_path, "a").read_bytes()
    packed = zlib.compress(differences(NOISE).tobytes(), 1)
    assert zlib.decompress(packed) == differences(NOISE).tobytes()
    assert data.count(packed) == 4  # three colours and the mask


@pytest.mark.parametrize(("big", "suffix", "version"), [(False, ".psd", 1), (True, ".psb", 2)])
def test_a_psb_is_made_on_request(big: bool, suffix: str, version: int, tmp_path: Path) -> None:
    path = saving.save(document(big=big), tmp_path, "a")
    assert path.suffix == suffix
    assert path.read_bytes()[4:6] == bytes([0, version])


@pytest.mark.parametrize("shape", [(1, 30_001), (30_001, 1)])
def test_beyond_30000_pixels_it_becomes_a_psb(shape: tuple[int, int], tmp_path: Path) -> None:
    assert saving.save(document(plane=np.zeros(shape, np.uint8)), tmp_path, "a").suffix == ".psb"
    fits = document(plane=np.zeros(tuple(min(side, 30_000) for side in shape), np.uint8))
    assert saving.save(fits, tmp_path, "b").suffix == ".psd"


def test_beyond_its_bytes_it_becomes_a_psb_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit lowered to what the file needs, and to one byte less; then to a part of it."""
    plain = saving.save(document(), tmp_path, "plain")
    size = plain.stat().st_size
    monkeypatch.setattr(saving, "PSD_LIMIT", size)
    assert saving.save(document(), tmp_path, "fits").suffix == ".psd"
    for name, limit in (("short", size - 1), ("stopped", size // 2)):
        monkeypatch.setattr(saving, "PSD_LIMIT", limit)
        assert saving.save(document(), tmp_path, name).suffix == ".psb"
    asked = saving.save(replace(document(), big=True), tmp_path, "asked")
    assert (tmp_path / "short.psb").read_bytes() == asked.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {
        "plain.psd", "fits.psd", "short.psb", "stopped.psb", "asked.psb",
    }  # fmt: skip


@pytest.mark.parametrize(("text", "spec"), [
    ("true", PsdSpec()),
    ("false", None),
    ("{}", PsdSpec()),
    ("{bits: 16, compression: zip, container: psb}", PsdSpec(16, "zip", "psb")),
])  # fmt: skip
def test_a_template_says_how(text: str, spec: PsdSpec | None) -> None:
    assert parse(TEMPLATE.format(text).encode(), "deep.yaml").psd == spec


@pytest.mark.parametrize(("text", "problem"), [
    ("{bits: 12}", "$.psd.bits: 12 is not one of 8, 16"),
    ("{compression: lzw}", '$.psd.compression: "lzw" is not one of rle, zip'),
    ("{big: true}", "$.psd.big: is not known here; allowed: bits, compression, container"),
    ("16", "$.psd: 16 must be of type boolean or object"),
])  # fmt: skip
def test_a_template_that_says_something_else_is_refused(text: str, problem: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        parse(TEMPLATE.format(text).encode(), "deep.yaml")
    assert problem in str(refused.value)


def test_the_room_writes_what_the_template_says(tmp_path: Path) -> None:
    template = parse(TEMPLATE.format("{bits: 16, compression: zip, container: psb}").encode(), "deep.yaml")
    made = compose(ellipse(), None, template, Naming("A", "1", "20261123", "approved"), tmp_path)
    assert made.psd is not None
    assert made.psd.file_name == "A_1_20261123_approved.psb"
    head = made.psd.path.read_bytes()[:26]
    assert struct.unpack(">H", head[4:6]) == (2,)
    assert struct.unpack(">H", head[22:24]) == (16,)
