"""The solver on torch against the compiled one; torch on the CPU runs the same code as on a GPU."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matting.device import checked, solve_many
from services.matting.errors import DeviceMissing
from services.matting.field import UNTOLD, FieldOptions, solve
from services.matting.trimap import build
from tests.unit.matting import scenes

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed; it comes with the extra gpu"
)
CODES = (np.arange(256) / 255).astype(np.float32)


def photo(shape: scenes.F32, *, plate: bool = False, noise: float = 1.0) -> Any:
    from services.matting.device.solver import Photo

    made = scenes.scene(shape, noise=noise)
    prior, belief = scenes.coarse(made.alpha)
    trimap = build(prior, belief, made.alpha.shape).values
    return Photo(made.rgb, trimap, prior, belief, scenes.plate_of(made.background) if plate else None)


def compiled(given: Any, options: FieldOptions | None = None) -> Any:
    return solve(given.rgb, given.trimap, given.prior, given.belief, given.plate, options)


@needs_torch
@pytest.mark.parametrize("plate", [False, True], ids=["no plate", "plate"])
@pytest.mark.parametrize(
    "options",
    [FieldOptions(), FieldOptions(law=UNTOLD, lut=CODES, passes=1), FieldOptions(size=16)],
    ids=["default", "trimap alone", "large cells"],
)
@pytest.mark.parametrize("shape", [scenes.disc(), scenes.mesh(), scenes.fringe()], ids=["disc", "mesh", "fringe"])
def test_it_gives_what_the_compiled_solver_gives(shape: scenes.F32, options: FieldOptions, plate: bool) -> None:
    made = photo(shape, plate=plate)
    alpha, band = compiled(made, options)
    [(found, told)] = solve_many([made], options, "cpu")
    unknown = made.trimap == 128
    assert np.abs(found - alpha)[unknown].mean() <= 0.002
    assert (found[~unknown] == alpha[~unknown]).all()
    assert (told.cells.position == band.cells.position).all()
    # Covariances are differences of large float32 sums.
    np.testing.assert_allclose(told.variance, band.variance, rtol=0.02)
    # A pixel more or less that counts as clear background moves the paper of cells that lie far from any other.
    off = np.abs(told.background - band.background)
    assert off.mean() <= 0.001
    assert off.max() <= 0.01
    np.testing.assert_allclose(told.deviation, band.deviation, atol=0.003)
    assert np.abs(told.residual - band.residual).mean() < 0.1 * band.residual.mean() + 1e-5


@needs_torch
def test_many_photos_at_once_are_the_same_as_one_by_one() -> None:
    """Of several sizes, with and without a plate, and one where nothing is unknown."""
    photos = [photo(scenes.disc(192), plate=True), photo(scenes.fringe(160)), photo(scenes.mesh(144), plate=True)]
    photos.append(photo(np.zeros((64, 64), np.float32)))
    together = solve_many(photos, device="cpu")
    for made, (alpha, band) in zip(photos, together, strict=True):
        [(alone, own)] = solve_many([made], device="cpu")
        unknown = made.trimap == 128
        assert np.abs(alone - alpha).max() < 0.02
        assert np.abs(alpha - compiled(made)[0])[unknown].sum() <= 0.002 * max(1, unknown.sum())
        assert band.cells.shape == own.cells.shape
        assert (band.cells.position == own.cells.position).all()


@needs_torch
@settings(max_examples=12, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    kind=st.sampled_from(["noise", "constant", "white", "black"]),
    known=st.sampled_from(["random", "unknown", "foreground", "background"]),
    seed=st.integers(0, 2**31),
)
def test_any_input_gives_a_finite_alpha_in_range(height: int, width: int, kind: str, known: str, seed: int) -> None:
    from services.matting.device.solver import Photo

    rng = np.random.default_rng(seed)
    value = {"constant": 77, "white": 255, "black": 0}.get(kind)
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    if value is not None:
        rgb[:] = value
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width))
    only = {"unknown": 128, "foreground": 255, "background": 0}.get(known)
    if only is not None:
        trimap[:] = only
    prior, belief = rng.random((2, max(1, height // 2), max(1, width // 2))).astype(np.float32)
    [(alpha, band)] = solve_many([Photo(rgb, trimap, prior, belief)], device="cpu")
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0 and alpha.max() <= 1
    assert (alpha[trimap == 255] == 1).all() and (alpha[trimap == 0] == 0).all()
    for values in (band.background, band.deviation, band.variance, band.residual):
        assert np.isfinite(values).all()


@needs_torch
def test_photos_of_other_cell_sizes_are_refused() -> None:
    photos = [photo(scenes.disc(96)), photo(scenes.disc(720))]
    with pytest.raises(ValueError, match="cell sizes"):
        solve_many(photos, device="cpu")
    assert solve_many([], device="cpu") == []


@needs_torch
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("a GPU is there")
    with pytest.raises(DeviceMissing, match="no CUDA device"):
        solve_many([photo(scenes.disc(96))], device="cuda")


def test_without_torch_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DeviceMissing, match="torch is not installed"):
        checked("cuda")


async def test_a_service_that_shall_use_a_missing_gpu_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    from services.matting.main import start
    from services.matting.settings import MattingSettings

    with pytest.raises(DeviceMissing, match="extra `gpu`"):
        await start(MattingSettings(device="cuda"), "127.0.0.1:0")


def test_the_pipeline_never_quietly_uses_another_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    from services.matting.pipeline import MatteOptions, matte

    made = scenes.scene(scenes.disc(96))
    with pytest.raises(DeviceMissing):
        matte(made.rgb, *scenes.coarse(made.alpha), options=MatteOptions(device="cuda"))
