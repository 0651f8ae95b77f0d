"""Scenes of a user's photos: hard masks spare their edge, true alpha counts everywhere, replay keeps its share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the train extra is not installed")

from tests.parts import odd_products
from training.generator.scene import Banks
from training.own_scenes import OwnScenes
from training.pairs import Labelled, Pair
from training.views import ViewPlan

SIDE = 160


def scenes(*, hard: bool, share: float) -> OwnScenes:
    rgb, alpha = odd_products.photo(1, 1, side=200)
    alpha = ((alpha > 127) * 255).astype(np.uint8) if hard else alpha
    other = np.dstack(odd_products.blob(np.random.default_rng(9), 100))
    papers = [np.full((64, 64, 3), 200, np.uint8)]
    own = [Labelled(Pair(Path("a_1.png"), Path("a_1.png"), "a"), rgb, alpha, hard)]
    return OwnScenes(own, Banks([other], [], papers), share, ViewPlan(crop=64, crops=1), seed=1)


def test_the_edge_of_a_hard_mask_does_not_count() -> None:
    made, rng = scenes(hard=True, share=0.0), np.random.default_rng(0)
    drawn = [made.draw(rng, SIDE) for _ in range(12)]
    assert {one.kind for one in drawn} == {"own", "phone_moved"}
    for one in drawn:
        assert not one.weight[(one.alpha > 0.05) & (one.alpha < 0.95)].any()
        assert one.weight.mean() > 0.5


def test_a_true_alpha_counts_everywhere() -> None:
    made, rng = scenes(hard=False, share=0.0), np.random.default_rng(0)
    drawn = [made.draw(rng, SIDE) for _ in range(12)]
    assert {one.kind for one in drawn} == {"own", "product"}
    assert all((one.weight == 1).all() for one in drawn)
    assert any(((one.alpha > 0.1) & (one.alpha < 0.9)).any() for one in drawn)


def test_replay_without_phone_photos_draws_what_it_can() -> None:
    made, rng = scenes(hard=False, share=1.0), np.random.default_rng(0)
    kinds = {made.draw(rng, 96).kind for _ in range(40)}
    assert kinds <= {"product", "threads", "goods", "plain", "empty", "filling"}
    assert {"product", "threads"} <= kinds
