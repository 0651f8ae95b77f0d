"""The photo's own shadow: its gate and where it comes to lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.compose.original import lay, refusal
from services.compose.place import Placement
from services.compose.template import Shadow
from services.kit.boxes import Box

RULES = Shadow("original", (), 1.0, 0.0, 0.03)
PHOTO = (200, 300)


def blob() -> np.ndarray:
    """A pinkish shadow of constant darkness at rows 120-160, columns 100-200 of the photo."""
    shadow = np.full((*PHOTO, 3), 255, np.uint8)
    shadow[120:160, 100:200] = (155, 125, 135)
    return shadow


def test_a_shadow_inside_the_frame_may_be_used() -> None:
    assert refusal(blob(), PHOTO, RULES) == ""


def border() -> np.ndarray:
    shadow = blob()
    shadow[-1, 50:150] = 200
    return shadow


def cut(value: int) -> np.ndarray:
    """A shadow of that value that runs out of the frame on 1 % of the border."""
    shadow = blob()
    shadow[150:160, 200:] = value
    return shadow


def test_a_faint_shadow_may_end_at_the_frame_and_a_dark_one_not() -> None:
    assert refusal(cut(242), PHOTO, RULES) == ""
    assert "cuts through the shadow (on 1.0% of its border, limit 0.5%)" in refusal(cut(225), PHOTO, RULES)
    assert refusal(cut(225), PHOTO, replace(RULES, max_border_dark=0.1)) == ""


@pytest.mark.parametrize(
    ("shadow", "reason"),
    [
        (np.full((*PHOTO, 3), 255, np.uint8), "no shadow"),
        (np.full((*PHOTO, 3), 250, np.uint8), "no shadow"),
        (border(), "leaves the frame (10.0% of its border"),
        (np.pad(np.full((198, 298, 3), 180, np.uint8), ((1, 1), (1, 1), (0, 0)), constant_values=255), "uneven light"),
        (blob()[:, :150], "has not the shape of the photo"),
    ],
)
def test_a_shadow_that_would_look_wrong_is_refused(shadow: np.ndarray, reason: str) -> None:
    assert reason in refusal(shadow, PHOTO, RULES)


@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0, 0.37])
@pytest.mark.parametrize("reduced", [1, 2])
def test_it_lies_where_the_photo_showed_it(scale: float, reduced: int) -> None:
    source = Box(100, 60, 100, 80)
    target = Box(150, 130, round(100 * scale), round(80 * scale))
    placed = Placement(source, target)
    out = lay(blob()[::reduced, ::reduced], PHOTO, placed, 500, 400, RULES)
    assert out.shape == (400, 500, 3)
    left, top = placed.to_canvas(100, 120)
    right, bottom = placed.to_canvas(200, 160)
    middle = out[int((top + bottom) / 2), int((left + right) / 2)]
    assert np.abs(middle.astype(int) - (155, 125, 135)).max() <= 1
    dark = np.argwhere(out[..., 1] < 190)  # half way between shadow and none
    edge = max(1.0, scale) * reduced
    assert dark.min(axis=0) == pytest.approx([top, left], abs=edge)
    assert dark.max(axis=0) + 1 == pytest.approx([bottom, right], abs=edge)
    assert (out[0] == 255).all()


def test_strength_and_neutralise() -> None:
    placed = Placement(Box(0, 0, 300, 200), Box(0, 0, 300, 200))
    weak = lay(blob(), PHOTO, placed, 300, 200, replace(RULES, strength=0.5))
    assert weak[140, 150].tolist() == [205, 190, 195]
    grey = lay(blob(), PHOTO, placed, 300, 200, replace(RULES, neutralise=1.0))
    assert len(set(grey[140, 150].tolist())) == 1
    assert lay(blob(), PHOTO, placed, 300, 200, replace(RULES, strength=0.0)).min() == 255


def test_what_little_reaches_the_frame_fades_out() -> None:
    shadow = blob()
    shadow[120:124, :150] = 155  # 0.8 % of the border
    assert refusal(shadow, PHOTO, RULES) == ""
    out = lay(shadow, PHOTO, Placement(Box(0, 0, 300, 200), Box(100, 100, 300, 200)), 500, 400, RULES)
    assert out[222, 100].min() >= 254
    assert out[222, 150].max() <= 160
