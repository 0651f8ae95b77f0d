from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting.trimap import STATUSES, Trimap, TrimapOptions, build
from tests.unit.matting import scenes

SURE = np.float32(0.99)


def full(value: float, size: int = 64) -> scenes.F32:
    return np.full((size, size), value, np.float32)


def build_sure(alpha: scenes.F32, shape: tuple[int, int]) -> Trimap:
    return build(alpha, np.full(alpha.shape, SURE), shape)


@pytest.mark.parametrize(
    ("alpha", "confidence", "status"),
    [
        (0.0, 1.0, "empty"),
        (1.0, 1.0, "full"),
        (0.5, 1.0, "no_foreground_seed"),
        (1.0, 0.2, "no_foreground_seed"),
        (float("nan"), 1.0, "no_foreground_seed"),
        (0.0, float("nan"), "no_foreground_seed"),
    ],
)
def test_a_map_of_one_value_is_named(alpha: float, confidence: float, status: str) -> None:
    assert build(full(alpha), full(confidence), (100, 90)).status == status


def test_missing_sides_are_named() -> None:
    half = full(1.0)
    half[:, :32] = 0.5
    assert build(half, full(1.0), (64, 64)).status == "no_background_seed"
    assert build(1 - half, full(1.0), (64, 64)).status == "no_foreground_seed"


@pytest.mark.parametrize("factor", [1, 3, 8])
def test_the_band_covers_the_true_edge_of_a_displaced_coarse_map(factor: int) -> None:
    """The coarse edge may be off by one of its own pixels; every truly soft pixel must still be unknown."""
    truth = scenes.disc(64 * factor * 3, soft=2)
    small = cv2.resize(truth, (192, 192), interpolation=cv2.INTER_AREA)
    moved = np.roll(small, (1, 1), (0, 1))
    trimap = build_sure(moved, truth.shape)
    assert trimap.status == "ok"
    soft = (truth > 0.02) & (truth < 0.98)
    assert (trimap.values[soft] == 128).all()
    assert (truth[trimap.values == 255] == 1).all()
    assert (truth[trimap.values == 0] == 0).all()


def test_low_confidence_is_unknown_and_high_is_known() -> None:
    alpha, confidence = full(0.0), full(1.0)
    alpha[16:48, 16:48] = 1
    confidence[28:36, 28:36] = 0.8
    values = build(alpha, confidence, (64, 64)).values
    assert (values[28:36, 28:36] == 128).all()
    assert values[22, 22] == 255
    assert values[2, 2] == 0


def test_thresholds_follow_the_options() -> None:
    alpha, confidence = scenes.disc(64), full(0.7)
    assert build(alpha, confidence, (64, 64)).status == "no_foreground_seed"
    assert build(alpha, confidence, (64, 64), TrimapOptions(confidence=0.6)).status == "ok"


def test_a_thin_sure_product_keeps_a_seed_and_its_surroundings_unknown() -> None:
    """A strap two coarse pixels wide vanishes in its own band; its middle stays known."""
    alpha = full(0.0)
    alpha[8:56, 31:33] = 1
    trimap = build_sure(alpha, (512, 512))
    assert trimap.status == "ok"
    assert (trimap.values[100:400, 250:262] > 0).all()
    assert (trimap.values == 255).any()


def test_a_small_sure_hole_is_unknown_not_lost() -> None:
    alpha = full(1.0)
    alpha[:4] = alpha[-4:] = 0
    alpha[30:33, 30:33] = 0.1
    values = build_sure(alpha, (256, 256)).values
    assert (values[120:132, 120:132] < 255).all()


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(0, 2**31),
)
def test_any_maps_give_the_three_values_and_a_known_status(h: int, w: int, height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    alpha, confidence = rng.random((2, h, w)).astype(np.float32)
    trimap = build(alpha, confidence, (height, width))
    assert trimap.values.shape == (height, width)
    assert set(np.unique(trimap.values)) <= {0, 128, 255}
    assert trimap.status in STATUSES
    assert (trimap.status == "ok") == bool((trimap.values == 0).any() and (trimap.values == 255).any())
