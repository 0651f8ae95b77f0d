from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kit.boxes import Box
from services.matting.numbers import MatteNumbers, measure

Array = NDArray[Any]


def numbers(
    alpha: Array, trimap: Array | None = None, confidence: Array | None = None, rgb: Array | None = None
) -> MatteNumbers:
    shape = alpha.shape
    return measure(
        np.zeros((*shape, 3), np.uint8) if rgb is None else rgb,
        alpha.astype(np.float32),
        (alpha > 0.5).astype(np.uint8) * 255 if trimap is None else trimap,
        np.full(shape, 255, np.uint8) if confidence is None else confidence,
        status="ok",
        solver="field",
        light="linear",
        shadow_detail="",
    )


def test_shares_and_band_confidence_are_counted_on_the_photo() -> None:
    trimap = np.zeros((200, 100), np.uint8)
    trimap[:50], trimap[50:60] = 255, 128
    confidence = np.full((200, 100), 255, np.uint8)
    confidence[50:55], confidence[55:60] = 51, 204
    found = numbers(trimap / 255, trimap, confidence)
    assert found.foreground_share == 0.25
    assert found.unknown_share == 0.05
    assert found.band_confidence == pytest.approx(0.5)
    assert found.doubtful_share == 0.5
    assert (found.width, found.height) == (100, 200)


def test_without_a_band_there_is_no_doubt() -> None:
    found = numbers(np.zeros((32, 32)))
    assert (found.band_confidence, found.doubtful_share, found.subjects) == (1.0, 0.0, 0)
    assert found.subject_box == Box(0, 0, 0, 0)
    assert found.edge_contrast == 0


def test_frame_touch_is_per_side() -> None:
    alpha = np.zeros((100, 200))
    alpha[:50, 40:] = 1
    assert numbers(alpha).frame_touch == (0.0, 0.8, 0.5, 0.0)


def test_subjects_count_from_one_per_cent() -> None:
    alpha = np.zeros((300, 300))
    alpha[20:120, 20:120] = alpha[200:250, 200:250] = 1
    alpha[280:285, 20:25] = 1
    assert numbers(alpha).subjects == 2


@pytest.mark.parametrize("zoom", [1, 4])
def test_boxes_are_in_pixels_of_the_photo(zoom: int) -> None:
    alpha = np.zeros((512, 512))
    alpha[100:400, 60:300] = 1
    found = numbers(np.kron(alpha, np.ones((zoom, zoom))))
    assert found.subject_box == Box(60 * zoom, 100 * zoom, 240 * zoom, 300 * zoom)


def test_only_enclosed_doubtful_holes_are_named() -> None:
    alpha = np.zeros((256, 256))
    alpha[32:224, 32:224] = 1
    confidence = np.full((256, 256), 255, np.uint8)
    alpha[60:70, 60:80] = 0.4
    confidence[60:70, 60:80] = 80
    alpha[150:160, 150:160] = 0  # a sure hole
    alpha[100:110, 218:224] = 0.3  # a dent, open to the outside
    confidence[100:110, 218:224] = 80
    assert numbers(alpha, confidence=confidence).uncertain_holes == (Box(60, 60, 20, 10),)


def test_broad_half_transparency_is_named_and_an_outline_is_not() -> None:
    alpha = np.zeros((256, 256))
    alpha[32:224, 32:224] = 1
    alpha[32:36, 32:224] = 0.5  # a soft outline
    alpha[120:140, 214:240] = 0.4  # a ghost of something white, open to the outside
    assert numbers(alpha).uncertain_holes == (Box(214, 120, 26, 20),)


def test_the_worst_place_comes_first() -> None:
    trimap = np.zeros((256, 256), np.uint8)
    confidence = np.full((256, 256), 255, np.uint8)
    trimap[20:30, 20:30] = trimap[200:220, 200:220] = 128
    confidence[20:30, 20:30], confidence[200:220, 200:220] = 60, 20
    first, second = numbers(trimap / 255, trimap, confidence).doubtful_boxes
    assert first.left <= 200
    assert first.left + first.width >= 220
    assert second.top <= 20
    assert second.top + second.height >= 30


def test_edge_contrast_is_the_colour_distance_over_its_largest() -> None:
    alpha = np.zeros((256, 256))
    alpha[64:192, 64:192] = 1
    rgb = np.full((256, 256, 3), 255, np.uint8)
    rgb[64:192, 64:192] = 0
    assert numbers(alpha, rgb=rgb).edge_contrast == pytest.approx(1, abs=0.02)
    rgb[64:192, 64:192] = (255, 204, 255)
    assert numbers(alpha, rgb=rgb).edge_contrast == pytest.approx(0.2 / 3**0.5, abs=0.005)
