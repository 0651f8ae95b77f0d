"""The layered file in every variant, as other programs read it: what each of them sees, and what it refuses.

None of these is Photoshop. docs/psd.md has the list a person goes through there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from services.compose.place import subject_box
from services.kit.pictures import srgb_profile
from tests.parts import layered_files
from tests.parts.layered_files import VARIANTS, Sample
from tests.parts.readers import ag_psd, gimp, imagemagick, photoshop_api, psd_tools
from tests.parts.readers.model import Reading, Refused, Seen, flat

READERS: dict[str, Callable[[Path, Path], Reading]] = {
    "psd-tools": psd_tools.read,
    "PhotoshopAPI": photoshop_api.read,
    "ImageMagick": imagemagick.read,
    "ag-psd": ag_psd.read,
    "GIMP": gimp.read,
}
# What each can be asked at all.
SEES = {
    "psd-tools": {"layers", "product", "group", "merged", "composed", "profile", "smart object", "mask"},
    "PhotoshopAPI": {"layers", "group", "profile", "smart object", "mask", "placing"},
    "ImageMagick": {"layers", "product", "merged", "profile"},
    "ag-psd": {"layers", "product", "group", "merged", "smart object", "mask"},
    "GIMP": {"layers", "product", "group", "composed", "profile"},
}
REFUSES = {
    ("GIMP", "psb"): "Unsupported file format version: 2",
    ("GIMP", "16-bit zip psb"): "Unsupported file format version: 2",
}
# What a program gets wrong: its own faults, and the day one is mended the test says so.
MISREADS = {
    ("ag-psd", "16-bit"): {"layers", "product", "merged", "mask"},
    ("ag-psd", "16-bit zip psb"): {"merged"},
}
MISREAD = pytest.mark.xfail(strict=True, raises=AssertionError, reason="takes 16-bit run-length coding for 8-bit")
READS = [(reader, variant) for reader in READERS for variant in VARIANTS if (reader, variant) not in REFUSES]
NEAR = 1e-3  # of a level: readers that work in floats


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {name: layered_files.write(name, tmp_path_factory.mktemp("psd")) for name in VARIANTS}


@pytest.fixture(scope="module")
def readings() -> dict[tuple[str, str], Reading]:
    return {}


@pytest.fixture
def reading(
    request: pytest.FixtureRequest,
    samples: dict[str, Sample],
    readings: dict[tuple[str, str], Reading],
    tmp_path: Path,
) -> tuple[Reading, Sample]:
    """Each file is opened once by each program."""
    reader, variant = request.param
    if (reader, variant) not in readings:
        readings[reader, variant] = READERS[reader](samples[variant].path, tmp_path)
    return readings[reader, variant], samples[variant]


def those_that_see(fact: str) -> pytest.MarkDecorator:
    pairs = [
        pytest.param(pair, id="-".join(pair), marks=[MISREAD] if fact in MISREADS.get(pair, ()) else [])
        for pair in READS
        if fact in SEES[pair[0]]
    ]
    return pytest.mark.parametrize("reading", pairs, indirect=True)


def test_the_table_covers_every_reader() -> None:
    assert set(SEES) == set(READERS)
    assert all({"layers", "profile"} & facts for facts in SEES.values())


@pytest.mark.parametrize(("reader", "variant"), REFUSES)
def test_known_refusals(reader: str, variant: str, samples: dict[str, Sample], tmp_path: Path) -> None:
    with pytest.raises(Refused, match=REFUSES[reader, variant]):
        READERS[reader](samples[variant].path, tmp_path)


@those_that_see("layers")
def test_layers_have_their_names_places_and_pixels(reading: tuple[Reading, Sample]) -> None:
    found, sample = reading
    assert (found.width, found.height, found.bits) == (320, 320, sample.variant.bits)
    background, shadow, product = flat(found.layers)
    assert [(layer.name, layer.blend) for layer in (background, shadow, product)] == [
        ("Background", "normal"),
        ("Shadow", "multiply"),
        ("Cut-out", "normal"),
    ]
    assert sample.layers.background is not None
    assert sample.layers.shadow is not None
    same(background, sample.layers.background)
    assert shadow.pixels is not None
    rows, columns = shadow.pixels.shape[:2]
    same(shadow, sample.layers.shadow[shadow.top : shadow.top + rows, shadow.left : shadow.left + columns])
    assert (product.left, product.top) == (sample.layers.product.left, sample.layers.product.top)


@those_that_see("product")
def test_the_smart_object_layer_holds_the_placed_product(reading: tuple[Reading, Sample]) -> None:
    found, sample = reading
    product = flat(found.layers)[2]
    same(product, sample.layers.product.rgb, sample.layers.product.alpha)


def same(layer: Seen, rgb: np.ndarray, alpha: np.ndarray | None = None) -> None:
    """The alpha to the level everywhere, the colours where it is solid: programs differ about unseen colours."""
    assert layer.pixels is not None
    cover = np.full(rgb.shape[:2], 255, np.uint8) if alpha is None else alpha
    assert layer.pixels.shape == (*cover.shape, 4)
    assert np.abs(layer.pixels[..., 3] - cover).max() <= NEAR
    solid = cover == 255
    assert np.abs(layer.pixels[..., :3] - rgb)[solid].max() <= NEAR


@those_that_see("group")
def test_product_and_shadow_are_a_group(reading: tuple[Reading, Sample]) -> None:
    background, group = reading[0].layers
    assert (background.name, group.name, group.blend) == ("Background", "Product", "pass through")
    assert [layer.name for layer in group.children] == ["Shadow", "Cut-out"]


@those_that_see("merged")
def test_the_merged_image_is_our_flat_one(reading: tuple[Reading, Sample]) -> None:
    found, sample = reading
    assert found.merged is not None
    assert np.abs(found.merged - sample.layers.flat).max() <= NEAR


@those_that_see("composed")
def test_the_program_blends_the_layers_to_our_flat_image(reading: tuple[Reading, Sample]) -> None:
    found, sample = reading
    assert found.composed is not None
    assert np.abs(found.composed - sample.layers.flat).max() <= 1


@those_that_see("profile")
def test_the_profile_is_there(reading: tuple[Reading, Sample]) -> None:
    profile = reading[0].profile
    assert profile in (srgb_profile(), "sRGB IEC61966-2.1", "embedded")


def crop(sample: Sample) -> tuple[slice, slice]:
    """The part of the photo in the smart object: the product and 64 pixels around it."""
    box = subject_box(sample.cutout.alpha, 1e-4)
    assert box is not None
    return slice(box.top - 64, box.bottom + 64), slice(box.left - 64, box.right + 64)


@those_that_see("smart object")
def test_the_smart_object_has_the_size_of_the_original(reading: tuple[Reading, Sample]) -> None:
    found, sample = reading
    smart = found.smart
    assert smart is not None
    assert smart.file_name in (None, f"{layered_files.STEM}.psb")
    assert (smart.height, smart.width) == sample.cutout.alpha[crop(sample)].shape
    assert [(layer.name, layer.clipped) for layer in smart.inside] == [("Photo", False), ("Clean edge", True)]


@those_that_see("placing")
def test_the_embedded_document_lands_where_the_product_is(reading: tuple[Reading, Sample]) -> None:
    """PhotoshopAPI draws smart objects itself, from the corner of the embedded document on: same size, same outline."""
    found, sample = reading
    ours = sample.layers.product
    placement = sample.layers.placement
    rows, columns = crop(sample)
    corner = placement.to_canvas(columns.start, rows.start)
    drawn = flat(found.layers)[2].pixels
    assert drawn is not None
    x, y = round(ours.left - corner[0]), round(ours.top - corner[1])
    part = drawn[y:, x:, 3]
    height, width = part.shape
    assert np.abs(part - ours.alpha[:height, :width]).mean() < 2
    assert (ours.alpha[:height, :width] > 0).mean() > 0.5


@those_that_see("mask")
def test_inside_the_original_lies_under_the_alpha_as_a_mask(reading: tuple[Reading, Sample]) -> None:
    found, sample = reading
    assert found.smart is not None
    photo = found.smart.inside[0]
    same(photo, sample.cutout.photo[crop(sample)])
    assert photo.mask is not None
    steps = 65535 if sample.variant.bits == 16 else 255  # 16 bits keep the whole alpha
    want = np.rint(sample.cutout.alpha[crop(sample)] * steps) * (255 / steps)
    assert np.abs(photo.mask - want).max() <= NEAR
