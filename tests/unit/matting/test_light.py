"""The light a photo is matted in: what is chosen on exact mixtures of known light, and what it is good for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from services.matting import light_choice
from services.matting.arrays import LINEAR, encode
from services.matting.errors import UnknownLight
from services.matting.light import AUTO, CHOICES, CURVE, CURVES, ENCODED, LINEAR_LIGHT, NAMES, named
from services.matting.pipeline import MatteOptions, matte
from services.matting.trimap import build
from tests.unit.matting import scenes

# In codes over 255: products, and papers before which they differ in hue.
PRODUCTS = ((0.60, 0.20, 0.18), (0.15, 0.30, 0.55), (0.75, 0.62, 0.15), (0.20, 0.42, 0.25))
PAPERS = ((0.91, 0.91, 0.90), (0.55, 0.55, 0.57))
PAIRS = tuple(itertools.product(PRODUCTS, PAPERS))
SHAPES = {"disc": scenes.disc(256, soft=10.0), "fringe": scenes.fringe(256)}
STEPS = np.arange(256) / 255


def curve(contrast: float) -> scenes.F32:
    """Code to light of an S-curve over sRGB, none of those that are tried."""
    fine = np.linspace(0, 1, 4097)
    before = np.interp(STEPS, fine + contrast * (fine * fine * (3 - 2 * fine) - fine), fine)
    return np.interp(before, STEPS, LINEAR).astype(np.float32)


# A film's curve (Hable's, with its usual numbers) is of another kind than all that are tried.
def filmic() -> scenes.F32:
    def film(x: np.ndarray) -> np.ndarray:
        return ((x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06)) - 0.02 / 0.3

    light = np.linspace(0, 1, 4097)
    codes = encode(film(4 * light) / film(np.array(4.0)))
    return np.interp(STEPS, codes, light).astype(np.float32)


LUTS = {
    "linear": LINEAR,
    "encoded": STEPS.astype(np.float32),
    "s-curve 0.6": curve(0.6),
    "power 1.5": (STEPS**1.5).astype(np.float32),
    "film": filmic(),
}


def mixed(alpha: scenes.F32, product: tuple[float, ...], paper: tuple[float, ...], lut: scenes.F32) -> scenes.U8:
    """uint8 (H, W, 3): two colours, given in codes, mixed in this light, with a code of noise."""
    front, back = (np.interp(colour, STEPS, lut) for colour in (product, paper))
    codes = np.interp(alpha[..., None] * front + (1 - alpha[..., None]) * back, lut, STEPS) * 255
    grain = np.random.default_rng(3).normal(0, 1, codes.shape)
    return np.clip(np.rint(codes + grain), 0, 255).astype(np.uint8)


def chosen(lut: scenes.F32, product: tuple[float, ...], paper: tuple[float, ...], shape: str) -> str:
    alpha = SHAPES[shape]
    values = build(*scenes.coarse(alpha), alpha.shape).values
    return light_choice.choose(mixed(alpha, product, paper, lut), values).name


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_light_is_told_every_time(shape: str) -> None:
    assert {chosen(LUTS["linear"], *pair, shape) for pair in PAIRS} == {LINEAR_LIGHT}


@pytest.mark.parametrize(("shape", "right"), [("disc", 8), ("fringe", 6)])
def test_encoded_light_is_told_or_what_is_too_little_stays_linear(shape: str, right: int) -> None:
    """The fringe shows 79 mixed pixels; red and green before grey differ by two codes there."""
    names = [chosen(LUTS["encoded"], *pair, shape) for pair in PAIRS]
    assert names.count(ENCODED) >= right, names
    assert set(names) <= {ENCODED, LINEAR_LIGHT}


def away(light: str, product: tuple[float, ...], paper: tuple[float, ...], mixed_in: scenes.F32) -> float:
    """Mean error of the alpha that this light reads off mixtures of the two in their own."""
    share = np.linspace(0, 1, 101)[:, None]
    front, back = (np.interp(colour, STEPS, mixed_in) for colour in (product, paper))
    codes = np.interp(share * front + (1 - share) * back, mixed_in, STEPS)
    seen, one, other = (np.interp(each, STEPS, named(light).lut) for each in (codes, product, paper))
    line = one - other
    return float(np.abs(((seen - other) * line).sum(1) / (line * line).sum() - share[:, 0]).mean())


@pytest.mark.parametrize(("domain", "curves"), [("s-curve 0.6", 7), ("power 1.5", 8), ("film", 0)])
def test_the_light_chosen_for_a_tone_curve_gives_a_better_alpha_than_linear_light(domain: str, curves: int) -> None:
    """None of these is among those that are tried. The film's lies beyond linear light, which then is the nearest."""
    lut = LUTS[domain]
    names = {pair: chosen(lut, *pair, "disc") for pair in PAIRS}
    assert sum(name in CURVES for name in names.values()) >= curves, names
    ours, linear = (
        np.array([away(name, *pair, lut) for pair, name in each.items()])
        for each in (names, dict.fromkeys(PAIRS, "linear"))
    )
    assert (ours <= 1.2 * linear).all(), names
    assert ours.mean() < (0.6 if curves else 1.01) * linear.mean()


def test_greys_and_too_little_to_see_stay_linear() -> None:
    alpha = SHAPES["disc"]
    grey = mixed(alpha, (0.2, 0.2, 0.2), (0.9, 0.9, 0.9), LUTS["encoded"])
    coloured = mixed(alpha, PRODUCTS[0], PAPERS[0], LUTS["encoded"])
    values = build(*scenes.coarse(alpha), alpha.shape).values
    assert light_choice.choose(grey, values).name == LINEAR_LIGHT
    for known in (np.full_like(values, 128), np.zeros_like(values), np.full_like(values, 255)):
        assert light_choice.choose(coloured, known).name == LINEAR_LIGHT
    dot = np.full((1, 1), 128, np.uint8)
    assert light_choice.choose(coloured[:1, :1], dot).name == LINEAR_LIGHT


def test_what_is_asked_for_is_taken_and_the_unknown_refused() -> None:
    alpha = SHAPES["disc"]
    rgb, values = mixed(alpha, *PAIRS[0], LINEAR), build(*scenes.coarse(alpha), alpha.shape).values
    for name in CHOICES:
        got = light_choice.choose(rgb, values, name).name
        assert got == {AUTO: LINEAR_LIGHT, CURVE: got}.get(name, name)
    assert light_choice.choose(rgb, values, CURVE).name in CURVES
    with pytest.raises(UnknownLight, match="one of: auto, curve, linear"):
        light_choice.choose(rgb, values, "gamma")


@pytest.mark.parametrize("name", NAMES)
def test_tables_rise_and_undo_each_other(name: str) -> None:
    light = named(name)
    assert light.lut[0] == 0 and light.lut[255] == 1
    assert (np.diff(light.lut) > 0).all()
    back = light.codes[np.rint(light.lut * 4095).astype(int)].astype(int)
    # Darkest codes lie closer together than 1 / 4095 in some lights.
    assert np.abs(back - np.arange(256)).max() <= 3
    assert (back[32:] == np.arange(32, 256)).all()


def test_a_plate_is_carried_over() -> None:
    plate = scenes.plate_of(np.full((40, 60, 3), 0.5, np.float32))
    assert named(LINEAR_LIGHT).plate(plate) is plate
    encoded = named(ENCODED).plate(plate)
    assert encoded is not None
    assert np.allclose(encoded.linear, encode(np.float32(0.5)), atol=1e-4)
    # The slope of sRGB's curve at one half: 1.055 / 2.4 * 0.5 ** (1 / 2.4 - 1).
    assert np.allclose(encoded.sigma / plate.sigma, 0.6587, atol=2e-3)
    assert named(ENCODED).plate(None) is None


@pytest.mark.parametrize("solver", ["field", "fine"])
def test_alpha_and_colours_are_those_of_the_light_that_was_mixed_in(solver: str) -> None:
    """Mixed in encoded values, as a picture editor does, solved with a plate; colours are held to the truth."""
    alpha, product, paper = SHAPES["fringe"], PRODUCTS[0], PAPERS[0]
    rgb = mixed(alpha, product, paper, LUTS["encoded"])
    plate = scenes.plate_of(np.broadcast_to(np.interp(paper, STEPS, LINEAR).astype(np.float32), (*alpha.shape, 3)))
    maps = scenes.coarse(alpha)
    wrong, right = (matte(rgb, *maps, plate, MatteOptions(solver, light)) for light in (LINEAR_LIGHT, AUTO))
    assert (wrong.numbers.light, right.numbers.light) == (LINEAR_LIGHT, ENCODED)
    errors = [float(np.abs(each.alpha - alpha).mean()) for each in (wrong, right)]
    assert errors[1] < 0.4 * errors[0]
    thick = (alpha > 0.3) & (right.trimap == 128)
    off = np.abs(right.foreground[thick] / 255 - np.array(product)).mean()
    assert off < 0.02
