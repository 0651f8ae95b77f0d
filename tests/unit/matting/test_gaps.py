from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.boxes import Box
from services.kit.paper import Plate
from services.kit.pictures import colour
from services.matting.gaps import paper_like
from services.matting.numbers import measure

SIDE = 256
GAP = np.s_[100:180, 120:130]


def plate(tone: tuple[float, float, float], usable: bool = True) -> Plate:
    linear = np.broadcast_to(np.float32(tone), (16, 16, 3)).copy()
    return Plate(
        linear, np.full((16, 16), 0.005, np.float32), kind="photo", usable=usable, detail="", residual=0, inlier_share=1
    )


def scene(tone: tuple[float, float, float], light: float, ripple: float = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """A blue figure with a gap that the matte has filled; paper in the gap has `light` left."""
    rng = np.random.default_rng(0)
    linear = np.broadcast_to(np.float32(tone), (SIDE, SIDE, 3)).copy()
    alpha = np.zeros((SIDE, SIDE), np.float32)
    alpha[32:224, 64:192] = 1
    linear[alpha > 0] = (0.05, 0.08, 0.3)
    shape = linear[GAP].shape[:2]
    linear[GAP] = np.float32(tone) * light * (1 + ripple * rng.standard_normal(shape))[..., None]
    return colour.to_srgb8(np.clip(linear, 0, 1)), alpha


@pytest.mark.parametrize("tone", [(0.95, 0.95, 0.95), (0.3, 0.3, 0.3), (0.5, 0.7, 0.2)])
@pytest.mark.parametrize("light", [0.7, 0.98])
def test_paper_in_a_filled_gap_is_found_and_nothing_else(tone: tuple[float, float, float], light: float) -> None:
    rgb, alpha = scene(tone, light)
    found = paper_like(rgb, alpha, plate(tone))
    inside = np.zeros_like(found)
    inside[GAP] = 1
    assert found[inside == 0].sum() == 0
    assert found[102:178, 122:128].all()


@pytest.mark.parametrize(("light", "ripple"), [(0.4, 0), (0.9, 0.1)])
def test_what_is_darker_than_a_shadow_or_rougher_than_paper_is_product(light: float, ripple: float) -> None:
    rgb, alpha = scene((0.9, 0.9, 0.9), light, ripple)
    assert paper_like(rgb, alpha, plate((0.9, 0.9, 0.9))).sum() < 30


def test_background_itself_is_no_gap() -> None:
    rgb, alpha = scene((0.9, 0.9, 0.9), 0.9)
    alpha[GAP] = 0
    assert not paper_like(rgb, alpha, plate((0.9, 0.9, 0.9))).any()


@pytest.mark.parametrize("usable", [True, False])
def test_the_numbers_name_the_gap_when_the_plate_can_be_used(usable: bool) -> None:
    rgb, alpha = scene((0.9, 0.9, 0.9), 0.8)
    found = measure(
        rgb, alpha, (alpha * 255).astype(np.uint8), np.full(alpha.shape, 255, np.uint8),
        status="ok", solver="field", light="linear", shadow_detail="", plate=plate((0.9, 0.9, 0.9), usable),
    ).uncertain_holes  # fmt: skip
    if not usable:
        assert found == ()
        return
    (box,) = found
    assert isinstance(box, Box)
    assert (120, 100) <= (box.left, box.top) <= (123, 103)
    assert 6 <= box.width <= 10
    assert 76 <= box.height <= 80
