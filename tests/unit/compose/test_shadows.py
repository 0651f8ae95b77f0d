"""Shadows only darken, lie where they should, and end before the canvas does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compose.shadows import standard
from services.compose.template import ShadowLayer


def layer(kind: str, strength: float = 0.5, **changes: float) -> ShadowLayer:
    values = {"height": 0.02, "blur": 0.01, "dx": 0.0, "dy": 0.03, "lean": 1.0, "length": 0.3} | changes
    return ShadowLayer(kind, strength, **values)


def block(height: int = 400, width: int = 400) -> np.ndarray:
    alpha = np.zeros((height, width), np.uint8)
    alpha[100:300, 150:250] = 255
    return alpha


layers = st.builds(
    layer, st.sampled_from(["contact", "drop", "cast"]), st.floats(0, 1), height=st.floats(0, 0.2),
    blur=st.floats(0, 0.2), dx=st.floats(-0.3, 0.3), dy=st.floats(-0.3, 0.3), lean=st.floats(-3, 3),
    length=st.floats(0.05, 1),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(layers=st.lists(layers, min_size=1, max_size=3), grounded=st.booleans())
def test_a_map_never_takes_more_light_than_its_layers_may(layers: list[ShadowLayer], grounded: bool) -> None:
    out = standard(block(), layers, grounded)
    assert out.dtype == np.uint8
    assert out.shape == (400, 400)
    darkest = np.prod([1 - layer.strength for layer in layers])
    assert out.min() >= np.floor(255 * darkest) - 1


def test_no_product_no_shadow() -> None:
    assert (standard(np.zeros((50, 60), np.uint8), [layer("drop"), layer("contact"), layer("cast")], True) == 255).all()


def test_a_drop_shadow_is_the_outline_moved() -> None:
    out = standard(block(), [layer("drop", 0.4, dx=0.05, dy=0.1, blur=0.0)], True)
    dark = np.argwhere(out < 204)
    assert dark.min(axis=0) == pytest.approx([140, 170], abs=1)
    assert dark.max(axis=0) == pytest.approx([339, 269], abs=1)
    assert out[240, 220] == 153  # 255 * (1 - 0.4)


def test_a_contact_shadow_hugs_the_ground_line() -> None:
    out = standard(block(), [layer("contact")], True)
    column = out[:, 200]
    assert 295 <= int(np.argmin(column)) <= 303
    assert column.min() < 180
    assert (out[:280] == 255).all()
    assert (out[330:] == 255).all()


def test_what_hangs_above_the_ground_has_no_contact_shadow() -> None:
    alpha = block()
    alpha[100:200, 250:330] = 255  # an arm, 100 pixels above the ground
    out = standard(alpha, [layer("contact")], True)
    assert (out[190:230, 270:320] == 255).all()


def test_a_cast_shadow_leans_away_and_fades_with_height() -> None:
    out = standard(block(), [layer("cast", 0.5, lean=1.0, length=0.5, blur=0.004)], True)
    assert out[290, 258] < 160  # near the foot: dark, right of the product
    assert 160 < out[225, 320] < 250  # the top's shadow: fainter
    assert (out[:, :140] == 255).all()
    assert (out[310:] == 255).all()


def test_a_product_cut_at_the_bottom_touches_no_ground() -> None:
    alpha = block()
    alpha[300:] = alpha[299]
    assert (standard(alpha, [layer("contact"), layer("cast")], False) == 255).all()
    assert standard(alpha, [layer("contact"), layer("drop")], False).min() < 255


def test_the_same_shadow_at_every_canvas_size() -> None:
    small = standard(block(), [layer("contact"), layer("drop")], True)
    large = standard(block().repeat(4, 0).repeat(4, 1), [layer("contact"), layer("drop")], True)
    assert np.abs(large[2::4, 2::4].astype(int) - small).mean() < 0.5
