"""Real cut-outs on one set: the plate of the shoot against each photo's own, in plate and alpha. The exposure jumps."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.paper import Plate, at_exposure, estimate, estimate_shoot
from services.segment.paper import PaperSegmenter
from tests.parts.composites import Composite, composite, load_cutouts, to_encoded, to_linear

SIDE, JUMP = 360, 2 ** (1 / 3)
LATER = 12  # photos from this one on have the other exposure


def horizon(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.62 * (1 - 0.15 * x) * (1 - 0.3 / (1 + np.exp(-(y - 0.65) / 0.012))))


def lamp(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 - 0.15 * x) * (1 + 0.5 * np.exp(-((y - 0.2) ** 2 + (x - 0.75) ** 2) / 0.03)))


def taken(light: NDArray[np.float64]) -> list[Composite]:
    paper = (light[..., None] * np.array([1, 0.98, 0.95])).astype(np.float32)
    ground = np.asarray(to_encoded(paper) * 255 + 0.5, np.uint8)
    brighter = np.asarray(to_encoded(to_linear(ground) * np.float32(JUMP)) * 255 + 0.5, np.uint8)
    rng = np.random.default_rng(1)
    return [
        composite(cutout, rng, ground=ground if number < LATER else brighter, size=(SIDE, SIDE))
        for number, (_, cutout) in enumerate(load_cutouts("val")[:15])
    ]


def plate_off(plate: Plate, shot: Composite) -> float:
    linear, _ = plate.rows(0, SIDE, SIDE, SIDE)
    return float(np.abs(np.log((linear + 0.004) / (shot.plate + 0.004))).mean())


def alpha_off(plate: Plate, shot: Composite) -> float:
    alpha = PaperSegmenter().segment(shot.rgb, plate).alpha
    return float(np.abs(cv2.resize(alpha, (SIDE, SIDE)) - shot.alpha).mean())


@pytest.mark.slow
@pytest.mark.parametrize("light", [horizon, lamp])
def test_real_products_are_told_from_a_set_that_no_single_photo_explains(light: object) -> None:
    assert callable(light)
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    shots = taken(light(x, y))
    shared = estimate_shoot([shot.rgb for shot in shots[:: len(shots) // 7]])
    assert shared.usable, shared.detail
    fitted = [at_exposure(shot.rgb, shared) for shot in shots]
    assert all(plate.usable for plate, _ in fitted), [plate.detail for plate, _ in fitted]
    before, after = ([gain[1] for _, gain in part] for part in (fitted[:LATER], fitted[LATER:]))
    assert np.mean(after) / np.mean(before) == pytest.approx(JUMP, rel=0.02)
    own = [estimate(shot.rgb) for shot in shots]
    pairs = list(zip(shots, own, (plate for plate, _ in fitted), strict=True))
    assert np.mean([plate_off(p, shot) for shot, _, p in pairs]) < 0.03
    assert np.mean([plate_off(p, shot) for shot, p, _ in pairs]) > 0.03
    assert np.mean([alpha_off(p, shot) for shot, _, p in pairs]) < 0.015
    assert np.mean([alpha_off(p, shot) for shot, p, _ in pairs]) > 0.1
