"""A second look, from nearby, at a product that is small in its photo."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.kit.paper import Plate, estimate
from services.segment.closer import CloserSegmenter, around_product, overlap
from services.segment.paper import PaperSegmenter
from services.segment.port import Segmentation

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


class Darkness:
    """Everything darker than the middle, on a grid of `side` at most; counts the photos it was shown."""

    profile = "darkness"

    def __init__(self, side: int = 64) -> None:
        self.side = side
        self.seen: list[tuple[int, ...]] = []

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        self.seen.append(rgb.shape[:2])
        height, width = rgb.shape[:2]
        scale = min(1.0, self.side / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        alpha = 1 - cv2.resize(rgb[..., 0], size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        return Segmentation(alpha, np.full(alpha.shape, 0.9, np.float32), 0.1 * len(self.seen))


def photo(height: int, width: int, box: tuple[int, int, int, int]) -> tuple[U8, F32]:
    """White with a black ellipse in box (top, left, height, width), and its alpha."""
    top, left, tall, wide = box
    alpha = np.zeros((height, width), np.uint8)
    cv2.ellipse(alpha, ((left + wide / 2, top + tall / 2), (wide, tall), 0), 255, -1, cv2.LINE_AA)
    return np.repeat((255 - alpha)[..., None], 3, 2), (alpha / np.float32(255)).astype(np.float32)


def grown(found: Segmentation, truth: F32) -> F32:
    return np.asarray(cv2.resize(found.alpha, truth.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def test_a_small_product_is_seen_with_more_pixels() -> None:
    rgb, truth = photo(1200, 1800, (360, 900, 270, 180))
    once, again = Darkness(), Darkness()
    first, closer = once.segment(rgb, None), CloserSegmenter(again).segment(rgb, None)
    assert len(again.seen) == 2 and max(again.seen[1]) < 450
    assert max(closer.alpha.shape) > 3 * max(first.alpha.shape)
    assert closer.alpha.shape == closer.confidence.shape
    assert np.abs(grown(closer, truth) - truth).mean() < 0.4 * np.abs(grown(first, truth) - truth).mean()
    assert closer.review_risk == pytest.approx(0.2)


@pytest.mark.parametrize(
    "box",
    [(40, 200, 720, 600), (0, 0, 800, 1200), (10, 10, 40, 40), (780, 0, 16, 1200)],
    ids=["large", "filling", "in a corner", "along one side"],
)
def test_the_second_look_never_loses_anything(box: tuple[int, int, int, int]) -> None:
    rgb, truth = photo(800, 1200, box)
    first, closer = Darkness().segment(rgb, None), CloserSegmenter(Darkness()).segment(rgb, None)
    assert np.abs(grown(closer, truth) - truth).mean() <= np.abs(grown(first, truth) - truth).mean() + 1e-6


@pytest.mark.parametrize("box", [(20, 50, 360, 500), None], ids=["large", "nothing"])
def test_one_look_is_enough(box: tuple[int, int, int, int] | None) -> None:
    rgb = np.full((400, 600, 3), 255, np.uint8) if box is None else photo(400, 600, box)[0]
    again = Darkness()
    CloserSegmenter(again).segment(rgb, None)
    assert again.seen == [(400, 600)]


def test_the_grid_never_passes_the_photo() -> None:
    rgb, truth = photo(1000, 1500, (480, 700, 6, 6))
    found = CloserSegmenter(Darkness(side=900)).segment(rgb, None)
    assert found.alpha.shape == (1000, 1500)
    assert np.abs(found.alpha - truth).max() < 0.3


def test_a_photo_without_more_pixels_is_seen_once() -> None:
    rgb, _ = photo(60, 60, (20, 20, 10, 10))
    again = Darkness()
    CloserSegmenter(again).segment(rgb, None)
    assert len(again.seen) == 1


def test_specks_do_not_hold_the_second_look_off_and_keep_their_place() -> None:
    rgb, _ = photo(1200, 1800, (360, 900, 360, 270))
    rgb[1140:1176, 30:66] = 0
    again = Darkness()
    found = CloserSegmenter(again).segment(rgb, None)
    assert len(again.seen) == 2
    scale = found.alpha.shape[0] / 1200
    assert found.alpha[int(1158 * scale), int(48 * scale)] > 0.3


class Elsewhere(Darkness):
    """Finds in the second photo something else, or more than it holds."""

    def __init__(self, second: Any) -> None:
        super().__init__()
        self.second = second

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        found = super().segment(rgb, plate)
        return found if len(self.seen) == 1 else Segmentation(self.second(found.alpha), found.confidence)


@pytest.mark.parametrize(
    "second",
    [np.zeros_like, np.ones_like, lambda alpha: 1 - alpha],
    ids=["nothing", "everything", "the ground"],
)
def test_two_looks_that_contradict_each_other_leave_the_first(second: Any) -> None:
    rgb, _ = photo(1200, 1800, (360, 900, 270, 180))
    inner = Elsewhere(second)
    found = CloserSegmenter(inner).segment(rgb, None)
    assert len(inner.seen) == 2
    assert found.alpha.shape == Darkness().segment(rgb, None).alpha.shape


def test_the_plate_is_cut_with_the_photo() -> None:
    rgb, truth = photo(1500, 2400, (600, 1500, 300, 260))
    shaded = (rgb * np.linspace(0.6, 0.9, 2400, dtype=np.float32)[None, :, None]).astype(np.uint8)
    plate = estimate(shaded)
    once, closer = PaperSegmenter(), CloserSegmenter(PaperSegmenter())
    first, second = once.segment(shaded, plate), closer.segment(shaded, plate)
    assert closer.profile == "paper"
    assert max(second.alpha.shape) > 1.5 * max(first.alpha.shape)
    assert np.abs(grown(second, truth) - truth).mean() < 0.6 * np.abs(grown(first, truth) - truth).mean()


@given(
    height=st.integers(8, 2400),
    width=st.integers(8, 2400),
    top=st.floats(0, 1),
    left=st.floats(0, 1),
    tall=st.floats(0.02, 0.5),
    wide=st.floats(0.02, 0.5),
)
def test_the_part_holds_the_product(height: int, width: int, top: float, left: float, tall: float, wide: float) -> None:
    alpha = np.zeros((50, 80), np.float32)
    y, x = round(top * 48), round(left * 78)
    alpha[y : y + max(1, round(tall * 50)), x : x + max(1, round(wide * 80))] = 1
    part = around_product(alpha, height, width)
    if part is None:
        return
    rows, columns = part
    assert 0 <= rows.start < rows.stop <= height and 0 <= columns.start < columns.stop <= width
    ys, xs = np.nonzero(alpha)
    assert rows.start <= ys.min() * height / 50 and rows.stop >= (ys.max() + 1) * height / 50 - 1
    assert columns.start <= xs.min() * width / 80 and columns.stop >= (xs.max() + 1) * width / 80 - 1


def test_overlap_of_nothing_and_nothing() -> None:
    empty, full = np.zeros((3, 3), np.float32), np.ones((3, 3), np.float32)
    assert overlap(empty, empty) == 1
    assert overlap(full, empty) == 0
    assert overlap(full, full / 2) == pytest.approx(0.5)
