"""Thumbnails: geometry, and colours that keep clear of what transparency hides."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from selvage.process import thumbs
from services.kit.pictures.encode import png_rgba
from tests.parts import photos


def test_a_cut_out_keeps_its_colour_up_to_the_edge(tmp_path: Path) -> None:
    rgba = np.zeros((1440, 600, 4), np.uint8)
    rgba[..., 1] = 255  # hidden green
    rgba[301:1001, 151:451] = (200, 40, 40, 255)
    (tmp_path / "cutout.png").write_bytes(png_rgba(rgba))
    thumbs.cutout(tmp_path / "cutout.png", tmp_path / "out.webp")
    small = cv2.imread(str(tmp_path / "out.webp"), cv2.IMREAD_UNCHANGED)
    assert small.shape == (720, 300, 4)
    alpha = small[..., 3].astype(int)
    assert alpha[600, 10] == 0
    assert alpha[300, 150] == 255
    edge = (alpha > 100) & (alpha < 250)
    assert edge.any()
    # WebP is lossy in colour: red stays far above green on the soft edge.
    assert (small[edge][:, 2].astype(int) - small[edge][:, 1]).min() > 60


def test_a_photo_is_upright_and_never_enlarged(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photos.jpeg(photos.quarters(48, 64), orientation=6))
    thumbs.photo(tmp_path / "photo.jpg", tmp_path / "out.webp")
    assert cv2.imread(str(tmp_path / "out.webp")).shape == (64, 48, 3)
