"""The whole room: every shipped template, repeatable to the byte, bounded memory."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from services.compose.catalogue import Catalogue, parse
from services.compose.cutout import Cutout
from services.compose.naming import Naming
from services.compose.pipeline import Composition, compose
from services.kit.pictures import decode, probe
from services.kit.pictures.encode import read_rgba
from tests.parts.cutouts import SMALL, ellipse, on_paper, shipped, xmp_of

NAME = Naming("TEE_1", "2", "20261123", "approved")
SHRUNK = {
    "marketplaces": {"2048": "320"},
    "plain-white": SMALL,
    "shelf-grey": SMALL,
    "studio-paper-cream": SMALL,
    "studio-white": SMALL,
    "transparent": SMALL,
}


def digests(made: Composition) -> dict[str, str]:
    assert made.psd is not None
    files = {made.psd.file_name: made.psd.path.read_bytes()} | {file.file_name: file.data for file in made.exports}
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_every_shipped_template_is_rendered_here() -> None:
    assert set(SHRUNK) == {template.name for template in Catalogue().all()}


@pytest.mark.parametrize("name", SHRUNK)
def test_a_shipped_template_renders(name: str, tmp_path: Path) -> None:
    template = shipped(name, **SHRUNK[name])
    made = compose(ellipse(), None, template, NAME, tmp_path)
    assert made.numbers.template == name
    assert [file.name for file in made.exports] == [spec.name for spec in template.exports]
    for file in made.exports:
        info = probe(file.data)
        assert (info.format, info.width, info.height) == (
            file.media_type.removeprefix("image/"),
            file.width,
            file.height,
        )
        assert info.has_alpha == (name == "transparent")
        assert b"algorithmicallyEnhanced" in xmp_of(file.data)
    assert made.psd is not None
    assert made.psd.path == tmp_path / "TEE~5f1_2_20261123_approved.psd"


@pytest.mark.parametrize("name", ["studio-paper-cream", "transparent"])
def test_the_same_inputs_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    template = shipped(name, **SMALL)
    first = digests(compose(ellipse(), None, template, NAME, tmp_path))
    assert digests(compose(ellipse(), None, template, NAME, tmp_path)) == first
    other = digests(compose(ellipse(colour=(41, 90, 160)), None, template, NAME, tmp_path))
    assert all(other[key] != digest for key, digest in first.items())


def test_a_transparent_export_holds_the_product_and_its_alpha(tmp_path: Path) -> None:
    template = shipped("transparent", **SMALL)
    made = compose(ellipse(), None, template, NAME, tmp_path)
    png = next(file for file in made.exports if file.media_type == "image/png")
    rgba = read_rgba(png.data)
    assert rgba[0, 0, 3] == 0
    assert rgba[160, 160].tolist() == [40, 90, 160, 255]
    assert (np.abs(rgba[rgba[..., 3] > 0][:, :3].astype(int) - (40, 90, 160)) <= 1).all()


def test_an_export_of_another_shape_is_rendered_for_it(tmp_path: Path) -> None:
    source = """
schema: selvage/template@1
name: tall
revision: 1
canvas: {width: 320, height: 320}
place: {fill: 0.8}
psd: false
exports:
  - {name: square, width: 320, format: png}
  - {name: tall, width: 160, height: 320, format: png}
"""
    made = compose(ellipse(), None, parse(source.encode(), "tall.yaml"), NAME, tmp_path)
    assert made.psd is None
    tall = decode(made.exports[1].data).rgb
    assert tall.shape == (320, 160, 3)
    columns = np.flatnonzero((tall < 250).any(axis=(0, 2)))  # alpha 8 of 255 and more
    assert (columns[0], columns[-1] + 1) == (16, 144)  # 80 % of its own width, in the middle


def test_a_small_photo_fills_the_exports_it_can_fill(tmp_path: Path) -> None:
    """At twice its size a product of 70 x 50 pixels cannot fill the canvas, but it can fill a thumbnail."""
    alpha = np.zeros((120, 100), np.float32)
    alpha[30:80, 15:85] = 1.0
    template = shipped("studio-white", **SMALL)
    made = compose(on_paper(alpha, (40, 90, 160)), None, template, NAME, tmp_path)
    shares = {}
    for file in made.exports:
        blue = np.flatnonzero((decode(file.data).rgb.astype(int)[..., 0] < 120).any(axis=0))
        shares[file.name] = (blue[-1] + 1 - blue[0]) / file.width
    assert shares == {
        "zoom": pytest.approx(140 / 320, abs=0.01),
        "page": pytest.approx(140 / 200, abs=0.01),
        "page-webp": pytest.approx(140 / 200, abs=0.01),
        "thumb": pytest.approx(0.85, abs=0.02),
    }
    assert made.numbers.scale == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize(
    ("psd", "exports", "scale"),
    [
        ("psd: {}", "{name: small, width: 80, format: png}", 1.28),  # the layered file is the canvas
        ("psd: false", "{name: small, width: 80, format: png}", 0.32),
        ("psd: false", "{name: small, width: 80, format: png}, {name: main, preset: ebay}", 2.0),
        ("psd: false", "{name: tall, width: 160, height: 320, format: png}", 0.64),
    ],
)
def test_the_file_that_enlarges_most_is_told(psd: str, exports: str, scale: float, tmp_path: Path) -> None:
    """A product 200 pixels wide fills 80 % of a canvas of 320."""
    source = f"""
schema: selvage/template@1
name: sizes
revision: 1
canvas: {{width: 320, height: 320}}
place: {{fill: 0.8, max_upscale: 2.0}}
{psd}
exports: [{exports}]
"""
    alpha = np.zeros((240, 300), np.float32)
    alpha[50:190, 50:250] = 1.0
    made = compose(on_paper(alpha, (40, 90, 160)), None, parse(source.encode(), "sizes.yaml"), NAME, tmp_path)
    assert made.numbers.scale == pytest.approx(scale, rel=0.01)


def test_memory_does_not_follow_the_size_of_the_photo(tmp_path: Path) -> None:
    """Python-side peak beyond the inputs stays below one byte in three of an 8 MP cut-out's 10 bytes a pixel."""
    template = shipped("studio-white", **SMALL)
    compose(ellipse(), None, template, NAME, tmp_path)
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (2448, 3264, 3), dtype=np.uint8)
    alpha = np.zeros(photo.shape[:2], np.float32)
    alpha[200:-200, 200:-200] = 1
    cutout = Cutout(photo, photo.copy(), alpha)
    tracemalloc.start()
    try:
        compose(cutout, None, template, NAME, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * alpha.size / 3
