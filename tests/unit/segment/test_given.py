"""A photo with the product cut out already."""

from __future__ import annotations

import numpy as np
import pytest

from services.kit.pictures import decode
from services.matting.pipeline import MatteOptions, matte
from services.segment.given import given
from services.segment.pipeline import segment
from services.segment.port import Segmentation
from tests.parts import photos


class Unasked:
    profile = "none"

    def segment(self, rgb: object, plate: object) -> Segmentation:
        raise AssertionError("nobody is to be asked")


def cut_out() -> tuple[np.ndarray, np.ndarray]:
    """A white disc of radius 60 with a hole: what no look at white paper finds. RGBA uint8, and its alpha."""
    y, x = np.mgrid[:200, :240] + 0.5
    far = np.hypot(x - 120, y - 100)
    alpha = np.clip(60 - far + 0.5, 0, 1) * np.clip(far - 20 + 0.5, 0, 1)
    rgba = np.full((200, 240, 4), 252, np.uint8)
    rgba[..., 3] = np.rint(alpha * 255)
    rgba[alpha == 0, :3] = 0
    return rgba, rgba[..., 3] / 255


def test_its_alpha_is_the_answer_to_the_end() -> None:
    rgba, alpha = cut_out()
    picture = decode(photos.png(rgba))
    found, numbers = segment(Unasked(), picture.over_white(), None, given(picture))
    assert np.abs(found.alpha - alpha).max() < 1e-6
    assert numbers.edge_confidence == 1.0
    made = matte(picture.over_white(), found.alpha, found.confidence, None, MatteOptions())
    assert np.abs(made.alpha - alpha).mean() < 0.002
    assert np.abs(made.alpha - alpha)[(alpha == 0) | (alpha == 1)].max() < 0.05
    assert np.abs(made.foreground[made.alpha > 0.5].astype(int) - 252).max() <= 3


@pytest.mark.parametrize(
    "alpha",
    [
        np.full((48, 64), 255, np.uint8),
        np.full((48, 64), 128, np.uint8),
        np.zeros((48, 64), np.uint8),
        np.where(np.arange(64 * 48).reshape(48, 64) < 20, 0, 255).astype(np.uint8),  # 0.7 %: dust
    ],
)
def test_an_alpha_channel_that_marks_no_product_says_nothing(alpha: np.ndarray) -> None:
    assert given(decode(photos.png(np.dstack([photos.quarters(), alpha])))) is None


def test_a_photo_without_one_says_nothing() -> None:
    assert given(decode(photos.png(photos.quarters()))) is None
