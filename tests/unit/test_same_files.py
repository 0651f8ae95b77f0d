"""tests/parts/same_files.py must see what it is there to see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.compose import layered
from services.compose.psd.model import Coding
from services.compose.psd.save import save
from services.compose.render import Layers
from tests.parts import layered_files, photos
from tests.parts.same_files import difference


def png(path: Path, array: np.ndarray, compression: int = 6) -> Path:
    path.write_bytes(photos.png(array, compression=compression))
    return path


def psd(folder: Path, layers: Layers, *, zipped: bool = False) -> Path:
    folder.mkdir()
    cutout, coding = layered_files.textured(), Coding(16, zipped)
    return save(layered.document(layers, cutout, dpi=300, xmp=b"", stem="A", coding=coding), folder, "A")


def test_the_largest_difference_counts_in_levels_of_255(tmp_path: Path) -> None:
    alpha = np.full((40, 60), 30_000, np.uint16)
    here = png(tmp_path / "a.png", alpha)
    assert difference(here, png(tmp_path / "b.png", alpha, compression=1)) == 0
    alpha[39, 59] += 514
    assert difference(here, png(tmp_path / "c.png", alpha)) == 2


@pytest.mark.parametrize("other", [np.zeros((40, 60), np.uint8), np.zeros((60, 40), np.uint16)], ids=["depth", "size"])
def test_another_kind_of_picture_is_never_the_same(other: np.ndarray, tmp_path: Path) -> None:
    here = png(tmp_path / "a.png", np.zeros((40, 60), np.uint16))
    assert difference(here, png(tmp_path / "b.png", other)) == np.inf


def test_layers_are_compared_one_by_one(tmp_path: Path) -> None:
    layers = layered_files.rendered()
    here = psd(tmp_path / "here", layers)
    assert difference(here, psd(tmp_path / "zip", layers, zipped=True)) == 0
    assert layers.background is not None
    background = layers.background.copy()
    background[0, 0] = 255 - background[0, 0]
    assert difference(here, psd(tmp_path / "other", replace(layers, background=background))) > 10


def test_what_reports_say_is_compared(tmp_path: Path) -> None:
    for name, text in {"a": '{"a": 1, "b": 2}', "b": '{"b": 2, "a": 1}', "c": '{"a": 1, "b": 3}'}.items():
        (tmp_path / f"{name}.json").write_text(text)
    assert difference(tmp_path / "a.json", tmp_path / "b.json") == 0
    assert difference(tmp_path / "a.json", tmp_path / "c.json") == np.inf
