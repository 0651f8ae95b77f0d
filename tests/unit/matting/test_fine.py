"""The finer solver: its Laplacian against PyMatting's, its samples against exact mixtures, and what it is worth."""

from __future__ import annotations

import cv2
import numpy as np
import pymatting
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting.arrays import LINEAR, encode
from services.matting.by_name import FIELD, FINE
from services.matting.field import UNTOLD, FieldOptions, solve
from services.matting.fine import FineOptions, laplacian, refine, samples
from services.matting.pipeline import MatteOptions, matte
from tests.unit.matting.scenes import coarse, fringe, scene

CODES = (np.arange(256) / 255).astype(np.float32)


def test_the_stencil_is_the_closed_form_laplacian() -> None:
    rng = np.random.default_rng(3)
    rgb = rng.integers(0, 256, (12, 14, 3), dtype=np.uint8)
    index = np.full((12, 14), -1, np.int32)
    unknown = rng.random((12, 14)) < 0.4
    unknown[:2] = unknown[-2:] = unknown[:, :2] = unknown[:, -2:] = False
    position = np.argwhere(unknown).astype(np.int32)
    index[unknown] = np.arange(len(position))
    stencil = np.zeros((len(position), 25), np.float32)
    # PyMatting divides the scatter by the nine pixels before it adds its epsilon / 9.
    laplacian.assemble(rgb, CODES, index, 1e-3, stencil)
    alpha = rng.random((12, 14)).astype(np.float32)
    out = np.empty(len(position), np.float32)
    laplacian.product(stencil, position, np.pad(alpha, 2), out)
    matrix = pymatting.cf_laplacian(CODES[rgb].astype(np.float64), epsilon=1e-3)
    np.testing.assert_allclose(out, (matrix @ alpha.ravel()).reshape(12, 14)[unknown], atol=2e-5)


def test_samples_read_off_an_exact_mixture() -> None:
    trimap = np.full((40, 40), 128, np.uint8)
    trimap[:, :5], trimap[:, -5:] = 255, 0
    truth = np.linspace(1, 0, 40, dtype=np.float32)
    front, back = np.float32([200, 40, 60]), np.float32([30, 180, 220])
    rgb = np.rint(truth[None, :, None] * front + (1 - truth[None, :, None]) * back).astype(np.uint8).repeat(40, 0)
    rgb[trimap == 255], rgb[trimap == 0] = front, back
    position = np.argwhere(trimap == 128).astype(np.int32)
    index = np.full(trimap.shape, -1, np.int32)
    index[position[:, 0], position[:, 1]] = np.arange(len(position))
    found = np.empty((len(position), 6), np.float32)
    samples.pairs(rgb, CODES, trimap, position, 100.0, found)
    told, trust = np.empty(len(position), np.float32), np.empty(len(position), np.float32)
    samples.shared(rgb, CODES, index, position, found, 3, told, trust)
    np.testing.assert_allclose(told, truth[position[:, 1]], atol=0.01)
    assert trust.min() > 0.9


def test_without_known_colours_in_reach_a_sample_has_no_trust() -> None:
    trimap = np.full((20, 20), 128, np.uint8)
    position = np.argwhere(trimap == 128).astype(np.int32)
    index = np.arange(400, dtype=np.int32).reshape(20, 20)
    rgb = np.zeros((20, 20, 3), np.uint8)
    found = np.empty((400, 6), np.float32)
    samples.pairs(rgb, CODES, trimap, position, 50.0, found)
    told, trust = np.empty(400, np.float32), np.empty(400, np.float32)
    samples.shared(rgb, CODES, index, position, found, 3, told, trust)
    assert (trust == 0).all()
    assert (told == 0.5).all()


def test_it_is_finer_than_the_field_alone_where_colours_are_restless() -> None:
    """Patterned cloth before a patterned ground: no plane of colours fits a cell of the field."""
    made = fringe(384, pitch=24, thread=6.0)
    rng = np.random.default_rng(5)
    patterns = [cv2.GaussianBlur(rng.normal(1, 0.8, (384, 384, 1)).astype(np.float32), (0, 0), 2) for _ in range(2)]
    plain = scene(made)
    front, back = (
        np.clip(c * p[..., None], 0, 1) for c, p in zip((plain.foreground, plain.background), patterns, strict=True)
    )
    photo = (encode(made[..., None] * front + (1 - made[..., None]) * back) * 255 + 0.5).astype(np.uint8)
    maps = coarse(made)
    errors = {
        solver: float(np.abs(matte(photo, *maps, options=MatteOptions(solver)).alpha - made).mean())
        for solver in (FIELD, FINE)
    }
    assert errors[FINE] < 0.9 * errors[FIELD]


def test_a_sure_model_keeps_its_say() -> None:
    """Product and paper share a colour: nothing but the model tells them apart."""
    rgb = np.full((96, 96, 3), 200, np.uint8) + np.random.default_rng(1).integers(0, 4, (96, 96, 3), dtype=np.uint8)
    trimap = np.full((96, 96), 128, np.uint8)
    trimap[:, :20], trimap[:, -20:] = 255, 0
    field = np.where(np.arange(96) < 48, 1, 0).astype(np.float32) * np.ones((96, 1), np.float32)
    kept = refine(rgb, LINEAR, trimap, field, np.ones((48, 48), np.float32))
    lost = refine(rgb, LINEAR, trimap, field, None)
    apart = np.abs(kept - field)[:, 24:72].mean(), np.abs(lost - field)[:, 24:72].mean()
    assert apart[0] < 0.25 * apart[1]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6), st.sampled_from(["noise", "flat", "clipped"]))
def test_any_photo_gives_an_alpha(height: int, width: int, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind != "noise":
        rgb[:] = 255 if kind == "clipped" else 90
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width))
    half = np.full((2, 2), 0.5, np.float32)
    alpha, _ = solve(rgb, trimap, half, 0 * half, options=FieldOptions(law=UNTOLD))
    out = refine(rgb, LINEAR, trimap, alpha, options=FineOptions(steps=8))
    assert out.dtype == np.float32 and out.shape == trimap.shape
    assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1
    assert (out[trimap == 255] == 1).all() and (out[trimap == 0] == 0).all()
