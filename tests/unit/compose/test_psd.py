"""The layered file, as other programs read it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from psd_tools import PSDImage
from psd_tools.api.layers import SmartObjectLayer
from psd_tools.constants import BlendMode, Resource

from services.compose import layered
from services.compose.cutout import Cutout
from services.compose.place import subject_box
from services.compose.psd.writer import write
from services.compose.render import Layers, render
from services.kit.boxes import Box
from services.kit.pictures import srgb_profile
from tests.parts.cutouts import SMALL, ellipse, shipped
from tests.parts.require import absent

XMP = b"<x:xmpmeta/>"


def save(path: Path, cutout: Cutout, template_name: str = "studio-paper-cream") -> Layers:
    layers = render(cutout, None, shipped(template_name, **SMALL), 320, 320, "A")
    document = layered.document(layers, cutout, dpi=300, xmp=XMP, stem="A_1_20261123_approved")
    with path.open("w+b") as file:
        write(document, file)
    return layers


@pytest.fixture(scope="module")
def cutout() -> Cutout:
    """Textured, so that no two pixels can be mixed up, and larger than the canvas."""
    plain = ellipse(900, 700)
    rng = np.random.default_rng(3)
    grain = rng.integers(-30, 31, plain.photo.shape)
    photo = (plain.photo + grain).clip(0, 255).astype(np.uint8)
    clean = np.where(plain.alpha[..., None] == 1, photo, plain.foreground)
    return Cutout(photo, clean, plain.alpha)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, cutout: Cutout) -> tuple[Path, Layers]:
    path = tmp_path_factory.mktemp("psd") / "a.psd"
    return path, save(path, cutout)


@pytest.fixture(scope="module")
def psd(saved: tuple[Path, Layers]) -> PSDImage:
    return PSDImage.open(saved[0])


@pytest.fixture(scope="module")
def smart(psd: PSDImage) -> SmartObjectLayer:
    layer = next(layer for layer in psd.descendants() if layer.kind == "smartobject")
    assert isinstance(layer, SmartObjectLayer)
    return layer


@pytest.fixture(scope="module")
def inner(smart: SmartObjectLayer) -> PSDImage:
    return PSDImage.open(io.BytesIO(smart.smart_object.data))


def pixels(picture: object) -> np.ndarray:
    return np.asarray(picture)


def test_it_is_an_8_bit_rgb_psd(psd: PSDImage) -> None:
    assert (psd.version, psd.depth, psd.channels, psd.size) == (1, 8, 3, (320, 320))


def test_layers_groups_and_blend_modes(psd: PSDImage) -> None:
    found = [(layer.name, layer.kind, layer.blend_mode, layer.visible) for layer in psd.descendants()]
    assert found == [
        ("Background", "pixel", BlendMode.NORMAL, True),
        ("Product", "group", BlendMode.PASS_THROUGH, True),
        ("Shadow", "pixel", BlendMode.MULTIPLY, True),
        ("Cut-out", "smartobject", BlendMode.NORMAL, True),
    ]
    assert len({layer.layer_id for layer in psd.descendants()}) == 4


def test_the_merged_image_is_the_flat_picture(psd: PSDImage, saved: tuple[Path, Layers]) -> None:
    assert psd.has_preview()
    assert np.array_equal(pixels(psd.topil()), saved[1].flat)


def test_the_layers_give_the_merged_image(psd: PSDImage, saved: tuple[Path, Layers]) -> None:
    composed = pixels(psd.composite(force=True).convert("RGB")).astype(int)
    assert np.abs(composed - saved[1].flat).max() <= 1


def test_pixel_layers_hold_their_pixels(psd: PSDImage, saved: tuple[Path, Layers]) -> None:
    layers = saved[1]
    assert layers.background is not None
    background, shadow = psd[0], next(iter(psd[1]))
    assert np.array_equal(pixels(background.topil().convert("RGB")), layers.background)
    left, top, right, bottom = shadow.bbox
    assert layers.shadow is not None
    assert np.array_equal(pixels(shadow.topil().convert("RGB")), layers.shadow[top:bottom, left:right])
    outside = layers.shadow.copy()
    outside[top:bottom, left:right] = 255
    assert (outside == 255).all()


def test_profile_resolution_thumbnail_and_xmp(psd: PSDImage, saved: tuple[Path, Layers]) -> None:
    resources = psd.image_resources
    assert resources.get_data(Resource.ICC_PROFILE) == srgb_profile()
    assert resources.get_data(Resource.XMP_METADATA) == XMP
    resolution = resources.get_data(Resource.RESOLUTION_INFO)
    assert (resolution.horizontal >> 16, resolution.vertical >> 16) == (300, 300)
    thumbnail = psd.thumbnail()
    assert thumbnail is not None
    assert thumbnail.size == (160, 160)
    small = cv2.resize(saved[1].flat, (160, 160), interpolation=cv2.INTER_AREA)
    assert np.abs(pixels(thumbnail.convert("RGB")).astype(int) - small).mean() < 4


def test_the_smart_object_is_placed_where_its_pixels_are(
    smart: SmartObjectLayer, inner: PSDImage, saved: tuple[Path, Layers], cutout: Cutout
) -> None:
    product, placement = saved[1].product, saved[1].placement
    assert smart.smart_object.filetype == "8bpb"
    assert smart.smart_object.filename == "A_1_20261123_approved.psb"
    rendered = pixels(smart.topil())
    assert np.array_equal(rendered[..., 3], product.alpha)
    assert np.array_equal(rendered[..., :3], product.rgb)
    support = subject_box(cutout.alpha, 1e-4)
    assert support is not None
    left, top = placement.to_canvas(support.left - 64, support.top - 64)
    right, bottom = placement.to_canvas(support.right + 64, support.bottom + 64)
    quad = (left, top, right, top, right, bottom, left, bottom)
    assert smart.smart_object.transform_box == pytest.approx(quad)
    assert inner.size == (support.width + 128, support.height + 128)


def crop(cutout: Cutout) -> tuple[slice, slice]:
    box = subject_box(cutout.alpha, 1e-4)
    assert isinstance(box, Box)
    return slice(box.top - 64, box.bottom + 64), slice(box.left - 64, box.right + 64)


def test_inside_lies_the_original_crop_under_the_alpha_as_mask(inner: PSDImage, cutout: Cutout) -> None:
    assert (inner.version, inner.depth) == (2, 8)
    photo = inner[0]
    assert (photo.name, photo.kind) == ("Photo", "pixel")
    window = crop(cutout)
    assert np.array_equal(pixels(photo.topil(apply_icc=False).convert("RGB")), cutout.photo[window])
    mask = photo.mask
    assert mask is not None
    assert mask.bbox == (0, 0, *inner.size)
    assert mask.background_color == 0
    assert np.array_equal(pixels(mask.topil()), np.rint(cutout.alpha[window] * 255))
    assert inner.image_resources.get_data(Resource.ICC_PROFILE) == srgb_profile()


def test_inside_the_clean_edge_is_a_clipped_layer_of_its_own(inner: PSDImage, cutout: Cutout) -> None:
    edge = inner[1]
    assert (edge.name, edge.clipping) == ("Clean edge", True)
    window = crop(cutout)
    found = pixels(edge.topil(apply_icc=False).convert("RGBA"))
    differs = (cutout.photo[window] != cutout.foreground[window]).any(axis=2) & (cutout.alpha[window] > 0)
    assert differs.any()
    assert np.array_equal(found[..., 3] == 255, differs)
    assert np.array_equal(found[differs][:, :3], cutout.foreground[window][differs])


def test_inside_layers_and_merged_image_show_the_clean_product(inner: PSDImage, cutout: Cutout) -> None:
    window = crop(cutout)
    alpha = cutout.alpha[window][..., None]
    want = cutout.foreground[window] * alpha
    for picture in (inner.topil(), inner.composite(force=True)):
        found = pixels(picture).astype(float)
        assert np.abs(found[..., 3] - np.rint(alpha[..., 0] * 255)).max() <= 1
        assert np.abs(found[..., :3] * (found[..., 3:] / 255) - want).max() <= 2


def test_without_spill_there_is_no_edge_layer(tmp_path: Path) -> None:
    plain = ellipse()
    save(tmp_path / "a.psd", Cutout(plain.foreground, plain.foreground, plain.alpha))
    layer = next(layer for layer in PSDImage.open(tmp_path / "a.psd").descendants() if layer.kind == "smartobject")
    assert isinstance(layer, SmartObjectLayer)
    assert [layer.name for layer in PSDImage.open(io.BytesIO(layer.smart_object.data))] == ["Photo"]


def test_equal_content_has_equal_uuids_and_other_content_others(tmp_path: Path, cutout: Cutout) -> None:
    def identity(name: str, picture: Cutout) -> str:
        save(tmp_path / name, picture)
        layer = next(layer for layer in PSDImage.open(tmp_path / name).descendants() if layer.kind == "smartobject")
        assert isinstance(layer, SmartObjectLayer)
        return str(layer.smart_object.unique_id)

    first = identity("a.psd", cutout)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)
    assert identity("b.psd", cutout) == first
    alpha = cutout.alpha.copy()
    alpha[350, 450] = 0.5
    assert identity("c.psd", Cutout(cutout.photo, cutout.foreground, alpha)) != first


def test_a_transparent_document_has_a_merged_alpha(tmp_path: Path, cutout: Cutout) -> None:
    layers = save(tmp_path / "a.psd", cutout, "transparent")
    psd = PSDImage.open(tmp_path / "a.psd")
    assert [layer.name for layer in psd.descendants()] == ["Product", "Cut-out"]
    assert psd.channels == 4
    merged = pixels(psd.topil())
    assert np.array_equal(merged[..., 3], layers.flat[..., 3])
    solid = layers.flat[..., 3] == 255
    assert np.array_equal(merged[solid], layers.flat[solid])


# --- a second reader ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def convert() -> Path:
    # Version 7 and Debian's version 6; a bare `convert` can be anything.
    found = shutil.which("magick") or shutil.which("convert-im6.q16")
    return Path(found) if found else absent("imagemagick", "apt-get install imagemagick")


def read(convert: Path, source: str, folder: Path) -> np.ndarray:
    target = folder / "out.png"
    subprocess.run([convert, source, "-depth", "8", target], check=True, capture_output=True, timeout=60)
    picture = cv2.imread(str(target), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    order = [2, 1, 0, 3] if picture.ndim == 3 and picture.shape[2] == 4 else [2, 1, 0]
    return np.asarray(picture[..., order])


def test_imagemagick_reads_the_same_merged_image(convert: Path, saved: tuple[Path, Layers], tmp_path: Path) -> None:
    found = read(convert, f"{saved[0]}[0]", tmp_path)
    assert np.abs(found[..., :3].astype(int) - saved[1].flat).max() <= 1


def test_imagemagick_reads_the_same_layers(convert: Path, saved: tuple[Path, Layers], tmp_path: Path) -> None:
    # 0 is the merged image, then the layers with pixels.
    product = saved[1].product
    found = read(convert, f"{saved[0]}[3]", tmp_path)
    assert np.array_equal(found[..., 3], product.alpha)
    solid = product.alpha == 255
    assert np.array_equal(found[solid][:, :3], product.rgb[solid])


def test_imagemagick_reads_the_embedded_psb(
    convert: Path, smart: SmartObjectLayer, cutout: Cutout, tmp_path: Path
) -> None:
    (tmp_path / "inner.psb").write_bytes(smart.smart_object.data)
    found = read(convert, f"psb:{tmp_path / 'inner.psb'}[0]", tmp_path)
    window = crop(cutout)
    assert np.array_equal(found[..., 3], np.rint(cutout.alpha[window] * 255))
    solid = cutout.alpha[window] == 1
    assert np.array_equal(found[solid][:, :3], cutout.foreground[window][solid])
