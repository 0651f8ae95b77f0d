"""Connected parts of masks."""

from __future__ import annotations

import numpy as np

from services.kit.regions import Regions, outside


def drawn() -> np.ndarray:
    mask = np.zeros((8, 10), bool)
    mask[0:3, 1:3] = True  # at the frame
    mask[4:6, 4:8] = True
    mask[6, 8] = True  # touches the last at a corner
    return mask


def test_parts_have_areas_and_means() -> None:
    mask = drawn()
    parts = Regions.of(mask)
    assert sorted(parts.area[1:]) == [1, 6, 8]
    assert np.array_equal(parts.labels > 0, mask)
    values = np.where(parts.labels == parts.labels[4, 4], 0.25, 1).astype(np.float32)
    assert parts.mean(values)[parts.labels[4, 4]] == 0.25
    assert parts.mean(values)[parts.labels[0, 1]] == 1
    assert sorted(Regions.of(mask, connectivity=8).area[1:]) == [6, 9]


def test_a_label_without_pixels_has_the_mean_0() -> None:
    parts = Regions.labelled(np.array([[0, 2]], np.int32), 3)
    assert parts.mean(np.ones((1, 2), np.float32)).tolist() == [1, 0, 1]


def test_what_touches_the_frame_is_outside() -> None:
    mask = drawn()
    found = outside(mask)
    assert found[0:3, 1:3].all()
    assert found.sum() == 6
    assert not outside(np.zeros((3, 3), bool)).any()
    assert outside(np.ones((1, 1), bool)).all()
