"""A window solved again against the whole photo solved again with the same strokes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.boxes import Box
from services.kit.paper import Plate
from services.matting import window
from services.matting.errors import NothingPainted
from services.matting.pipeline import MatteResult, matte
from services.matting.strokes import Stroke, bounds, doubted, painted
from services.matting.window import Layers
from tests.unit.matting.scenes import Scene, coarse, disc, fringe, plate_of, scene

SIZE = 768


def _layers(result: MatteResult) -> Layers:
    return Layers(result.alpha, result.confidence, result.trimap, result.foreground)


def _wrong(made: Scene, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """The coarse maps with a place that the model is certain of and wrong about."""
    alpha, confidence = coarse(made.alpha)
    half = np.s_[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2]
    alpha[half], confidence[half] = 0, 1
    return alpha, confidence


def _both(made: Scene, stroke: Stroke, plate: Plate | None = None) -> tuple[Layers, Layers, np.ndarray]:
    """The window, the same part of the whole photo solved again, and the truth there; without the rim of the window,
    which goes over into what was there before."""
    alpha, confidence = coarse(made.alpha)
    before = matte(made.rgb, alpha, confidence, plate)
    patch = window.resolve(made.rgb, _layers(before), alpha, confidence, [stroke], plate)
    whole = _layers(matte(made.rgb, alpha, confidence, plate, painted=[stroke]))
    inside = Box(8, 8, patch.box.width - 16, patch.box.height - 16)
    there = Box(patch.box.left + 8, patch.box.top + 8, inside.width, inside.height)
    truth = made.alpha[there.top : there.bottom, there.left : there.right]
    return patch.layers.part(inside), whole.part(there), truth


@pytest.mark.parametrize("with_plate", [False, True])
def test_a_window_is_what_the_whole_solve_gives(with_plate: bool) -> None:
    made = scene(disc(SIZE), noise=1.0)
    stroke = Stroke("unknown", ((160.0, 350.0), (156.0, 430.0)), 12.0)
    part, whole, _ = _both(made, stroke, plate_of(made.background) if with_plate else None)
    assert (part.trimap == whole.trimap).all()
    assert np.abs(part.alpha - whole.alpha).max() < 0.01
    # The colour of what can hardly be seen is hardly determined.
    seen = np.abs(part.foreground.astype(int) - whole.foreground) * whole.alpha[..., None]
    assert seen.max() <= 3
    assert np.abs(part.confidence.astype(int) - whole.confidence).mean() < 1


def test_a_window_in_the_middle_of_a_fringe_is_no_worse() -> None:
    """No seed is near: what the whole solve knows comes from far away."""
    part, whole, truth = _both(
        scene(fringe(SIZE), noise=1.0), Stroke("background", ((300.0, 620.0), (420.0, 640.0)), 6.0)
    )
    assert np.abs(part.alpha - whole.alpha).mean() < 0.01
    assert np.abs(part.alpha - truth).mean() < 1.1 * np.abs(whole.alpha - truth).mean()


def test_without_a_stroke_nothing_changes() -> None:
    made = scene(fringe(SIZE), noise=1.0)
    alpha, confidence = coarse(made.alpha)
    before = _layers(matte(made.rgb, alpha, confidence))
    box = Box(200, 500, 256, 256)
    patch = window.resolve(made.rgb, before, alpha, confidence, (), box=box)
    assert patch.box == box
    apart = np.abs(patch.layers.alpha - before.part(box).alpha)
    assert apart.mean() < 0.01
    assert apart.max() < 0.06
    assert (patch.layers.trimap == before.part(box).trimap).all()


def test_one_stroke_brings_back_what_the_model_lost() -> None:
    made = scene(disc(SIZE), noise=1.0)
    lost = Box(200, 360, 80, 60)  # a bite out of the left of the disc
    alpha, confidence = _wrong(made, lost)
    before = matte(made.rgb, alpha, confidence)
    where = np.s_[lost.top : lost.bottom, lost.left : lost.right]
    assert np.abs(before.alpha[where] - made.alpha[where]).mean() > 0.4
    stroke = Stroke("foreground", ((215.0, 388.0), (270.0, 388.0)), 12.0)
    patch = window.resolve(made.rgb, _layers(before), alpha, confidence, [stroke])
    mended = before.alpha.copy()
    mended[patch.box.top : patch.box.bottom, patch.box.left : patch.box.right] = patch.layers.alpha
    assert np.abs(mended[where] - made.alpha[where]).mean() < 0.02


def test_known_pixels_are_as_painted() -> None:
    made = scene(disc(SIZE))
    alpha, confidence = coarse(made.alpha)
    before = _layers(matte(made.rgb, alpha, confidence))
    strokes = [Stroke("background", ((384.0, 384.0),), 10.0), Stroke("foreground", ((20.0, 20.0),), 5.0)]
    for stroke, value in zip(strokes, (0, 255), strict=True):
        patch = window.resolve(made.rgb, before, alpha, confidence, [stroke])
        x, y = (round(v) for v in stroke.points[0])
        assert patch.layers.trimap[y - patch.box.top, x - patch.box.left] == value
        assert patch.layers.alpha[y - patch.box.top, x - patch.box.left] == value / 255


def test_strokes_outside_the_photo_are_refused() -> None:
    made = scene(disc(64))
    alpha, confidence = coarse(made.alpha)
    before = _layers(matte(made.rgb, alpha, confidence))
    for strokes in ((), [Stroke("foreground", ((900.0, 900.0),), 3.0)]):
        with pytest.raises(NothingPainted):
            window.resolve(made.rgb, before, alpha, confidence, strokes)


def test_a_later_stroke_covers_an_earlier_one() -> None:
    values = np.full((40, 40), 128, np.uint8)
    strokes = [Stroke("foreground", ((20.0, 20.0),), 8.0), Stroke("unknown", ((20.0, 20.0),), 4.0)]
    out = painted(values, strokes)
    assert out[20, 20] == 128
    assert out[20, 27] == 255
    assert out[20, 35] == 128


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            Stroke,
            st.sampled_from(["foreground", "background", "unknown"]),
            st.lists(st.tuples(st.floats(-20, 120), st.floats(-20, 100)), min_size=1, max_size=4).map(tuple),
            st.floats(0.3, 15),
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_strokes_stay_within_their_bounds_and_do_not_move_with_the_crop(
    strokes: list[Stroke], left: int, top: int
) -> None:
    values = np.where(np.arange(100) < 50, 0, 255).astype(np.uint8) * np.ones((80, 1), np.uint8)
    whole = painted(values, strokes)
    changed = np.argwhere(whole != values)
    box = bounds(strokes)
    if len(changed):
        (low_y, low_x), (high_y, high_x) = changed.min(0), changed.max(0)
        assert box.left <= low_x and high_x < box.right and box.top <= low_y and high_y < box.bottom
    assert (painted(values[top:, left:], strokes, (left, top)) == whole[top:, left:]).all()
    belief = np.ones((40, 50), np.float32)
    assert set(np.unique(doubted(belief, strokes, (80, 100)))) <= {0.0, 1.0}
