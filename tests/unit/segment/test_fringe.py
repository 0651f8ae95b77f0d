"""Fractional alpha along a hard outline."""

from __future__ import annotations

import numpy as np

from services.segment.fringe import soften


def edge(offset: float, front: float, back: float) -> tuple[np.ndarray, np.ndarray]:
    """A vertical edge at column 20 + offset, and its linear-light picture."""
    truth = np.clip(np.arange(40, dtype=np.float32)[None] - 19.5 - offset + 0.5, 0, 1).repeat(30, 0)
    mixed = truth * front + (1 - truth) * back
    return truth, np.repeat(mixed[..., None], 3, 2).astype(np.float32)


def test_a_mixed_pixel_gets_the_share_it_was_mixed_with() -> None:
    for offset in (0.0, 0.25, 0.5, 0.8):
        truth, linear = edge(offset, 0.1, 0.8)
        alpha, contrast = soften(truth > 0.5, linear, np.full(truth.shape, 0.01, np.float32))
        np.testing.assert_allclose(alpha, truth, atol=0.02)
        assert contrast[:, 20].min() > 50
        assert (contrast[:, :10] == 0).all()


def test_where_the_sides_look_alike_the_mask_is_kept() -> None:
    truth, linear = edge(0.0, 0.5, 0.502)
    alpha, contrast = soften(truth > 0.5, linear, np.full(truth.shape, 0.01, np.float32))
    assert np.abs(alpha - truth).max() < 0.5
    assert contrast.max() < 1


def test_nothing_but_product_or_nothing_at_all() -> None:
    linear = np.full((20, 20, 3), 0.4, np.float32)
    noise = np.full((20, 20), 0.01, np.float32)
    assert (soften(np.ones((20, 20), bool), linear, noise)[0] == 1).all()
    assert (soften(np.zeros((20, 20), bool), linear, noise)[0] == 0).all()
