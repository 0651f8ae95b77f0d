"""Labelled photos: what is a pair, what is a hard mask, and that no SKU is in two parts."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parts import odd_products
from training import pairs
from training.errors import PairsUnusable, TooFewPairs
from training.pairs import Labelled, Pair


def listed(skus: list[str]) -> list[Pair]:
    return [Pair(Path(f"{sku}_{k}.jpg"), Path(f"{sku}_{k}.png"), sku) for sku in skus for k in range(2)]


@given(st.sets(st.text("abcdef", min_size=1, max_size=6), min_size=5, max_size=40))
def test_no_sku_is_in_two_parts_and_every_part_has_some(skus: set[str]) -> None:
    parts = pairs.split(listed(sorted(skus)))
    named = [{pair.sku for pair in part} for part in (parts.learn, parts.validate, parts.hold_out)]
    assert set.union(*named) == skus
    assert sum(map(len, named)) == len(skus)
    assert min(map(len, named)) >= 1
    assert len(named[0]) >= len(skus) / 2


def test_the_split_does_not_depend_on_the_order() -> None:
    found = listed(["a", "b", "c", "d", "e", "f"])
    assert pairs.split(found).hold_out == pairs.split(sorted(found, key=lambda pair: pair.sku)).hold_out


@pytest.mark.parametrize("skus", [["a"] * 9, ["a", "b"]])
def test_too_little_to_judge_by_is_refused(skus: list[str]) -> None:
    with pytest.raises(TooFewPairs, match="10 photos of 5 SKUs"):
        pairs.split(listed(skus))


@pytest.mark.parametrize(
    ("stem", "sku"), [("boot_1", "boot"), ("boot", "boot"), ("red_boot_12", "red_boot"), ("boot_left", "boot_left")]
)
def test_the_sku_is_read_from_the_name(stem: str, sku: str) -> None:
    assert pairs.sku_of(stem) == sku


def test_a_folder_of_pairs_is_found(tmp_path: Path) -> None:
    found = pairs.find(odd_products.write_pairs(tmp_path / "p", skus=2, shots=2))
    assert [(pair.image.name, pair.sku) for pair in found] == [
        ("odd0_1.png", "odd0"), ("odd0_2.png", "odd0"), ("odd1_1.png", "odd1"), ("odd1_2.png", "odd1"),
    ]  # fmt: skip


def test_approved_images_of_a_run_are_pairs(tmp_path: Path) -> None:
    folder = odd_products.write_pairs(tmp_path / "p", skus=3, shots=1)
    images = [
        {"source": f"odd{k}_1.png", "sku": f"S{k}", "status": status, "files": {"alpha": f"masks/odd{k}_1.png"}}
        for k, status in enumerate(("approved", "needs_review", "approved"))
    ]
    images.append({"source": "x", "sku": "x", "status": "failed", "files": {}})
    (folder / "manifest.json").write_text(json.dumps({"version": 1, "images": images}))
    found = pairs.approved(folder, folder / "images")
    assert [(pair.image.name, pair.truth.parent.name, pair.sku) for pair in found] == [
        ("odd0_1.png", "masks", "S0"), ("odd2_1.png", "masks", "S2"),
    ]  # fmt: skip
    with pytest.raises(PairsUnusable, match=r"missing: .*odd0_1\.png"):
        pairs.approved(folder, folder / "elsewhere")
    with pytest.raises(PairsUnusable, match="FileNotFoundError"):
        pairs.approved(tmp_path, folder / "images")


def test_photos_without_a_mask_are_named(tmp_path: Path) -> None:
    folder = odd_products.write_pairs(tmp_path / "p", skus=2, shots=1)
    (folder / "masks" / "odd1_1.png").unlink()
    with pytest.raises(PairsUnusable, match="odd1_1"):
        pairs.find(folder)
    with pytest.raises(PairsUnusable, match="images/ or masks/"):
        pairs.find(tmp_path)


@pytest.mark.parametrize("content", ["small", "none"])
def test_a_mask_that_does_not_fit_is_named(tmp_path: Path, content: str) -> None:
    folder = odd_products.write_pairs(tmp_path / "p", skus=1, shots=1)
    mask = folder / "masks" / "odd0_1.png"
    if content == "small":
        cv2.imwrite(str(mask), np.zeros((5, 5), np.uint8))
    else:
        mask.write_bytes(b"no picture")
    with pytest.raises(PairsUnusable, match="mask"):
        pairs.read(pairs.find(folder)[0], 512)


@pytest.mark.parametrize(("content", "problem"), [(b"no picture", "image"), (None, "No such file")])
def test_a_photo_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    (pair,) = pairs.find(odd_products.write_pairs(tmp_path / "p", skus=1, shots=1))
    pair.image.unlink()
    if content is not None:
        pair.image.write_bytes(content)
    with pytest.raises(PairsUnusable, match=problem) as caught:
        pairs.read(pair, 512)
    assert pair.image.name in str(caught.value)


@pytest.mark.parametrize("hard", [True, False])
def test_hard_masks_are_told_from_alpha(tmp_path: Path, hard: bool) -> None:
    one = pairs.read(pairs.find(odd_products.write_pairs(tmp_path / "p", skus=1, shots=1, hard=hard))[0], 320)
    assert one.binary is hard
    assert max(one.rgb.shape[:2]) == 320


@pytest.mark.parametrize("depth", [8, 16, "rgba"])
def test_truths_of_every_kind_are_read(tmp_path: Path, depth: object) -> None:
    rgb, alpha = odd_products.photo(1, 1, side=64)
    truth: np.ndarray = alpha
    if depth == 16:
        truth = alpha.astype(np.uint16) * 257
    elif depth == "rgba":
        truth = np.dstack([rgb, alpha])
    cv2.imwrite(str(tmp_path / "i.png"), rgb[..., ::-1])
    cv2.imwrite(str(tmp_path / "t.png"), truth)
    one = pairs.read(Pair(tmp_path / "i.png", tmp_path / "t.png", "i"), 512)
    assert np.array_equal(one.alpha, alpha)
    assert np.array_equal(one.rgb, rgb)


def test_a_cutout_carries_no_old_ground() -> None:
    """A red disc on green with a soft rim: the rim's colours are the disc's."""
    side = 80
    far = np.hypot(*(np.mgrid[:side, :side] - side / 2))
    alpha = np.clip((25 - far) / 6 + 0.5, 0, 1)
    rgb = np.where(alpha[..., None] > 0, alpha[..., None] * [200, 0, 0] + (1 - alpha[..., None]) * [0, 200, 0], 0)
    one = Labelled(Pair(Path(), Path(), ""), rgb.astype(np.uint8), (alpha * 255).astype(np.uint8), binary=False)
    made = pairs.cutout(one)
    rim = (made[..., 3] > 25) & (made[..., 3] < 230)
    assert rim.sum() > 100
    assert made[..., 1][rim].max() < 20
    assert made[..., 0][rim].min() > 180
