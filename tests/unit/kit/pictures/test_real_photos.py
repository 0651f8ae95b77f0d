"""Photos as people have them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.pictures import Picture, decode, fitted, probe

DATA = Path(os.environ.get("SELVAGE_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data")
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def on_white(picture: Picture) -> NDArray[np.float64]:
    alpha = 255 if picture.alpha is None else picture.alpha[..., None]
    return 255 + (picture.rgb.astype(np.float64) - 255) * (alpha / 255)


@pytest.mark.data
@pytest.mark.parametrize("folder", ["clothing", "magento_hard", "saleor", "sylius"])
def test_real_photos_decode(folder: str) -> None:
    files = sorted(path for path in (DATA / folder).rglob("*") if path.suffix.lower() in SUFFIXES)[:12]
    if not files:
        pytest.skip(f"no photos in {folder} of the data folder (SELVAGE_DATA)")
    for path in files:
        data = path.read_bytes()
        info = probe(data)
        picture = decode(data)
        assert picture.info == info
        assert picture.rgb.shape == (info.height, info.width, 3)
        assert picture.rgb.std() > 1
        small = decode(data, long_side=128)
        width, height = fitted(info.width, info.height, 128)
        assert small.rgb.shape == (height, width, 3)
        assert np.abs(on_white(small).mean((0, 1)) - on_white(picture).mean((0, 1))).max() < 1
