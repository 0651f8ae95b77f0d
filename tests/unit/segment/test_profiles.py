"""The profiles as they are served."""

from __future__ import annotations

import numpy as np
import pytest

from services.kit.paper import estimate
from services.segment.errors import UnknownProfile
from services.segment.pipeline import numbers, segment
from services.segment.port import Segmentation
from services.segment.profiles import Profiles, build
from services.segment.settings import SegmentSettings


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return build(SegmentSettings())


@pytest.mark.parametrize("shape", [(16, 16), (17, 401), (403, 19)])
@pytest.mark.parametrize("name", ["fused", "model", "paper"])
def test_odd_shapes_of_noise_give_finite_maps_in_range(profiles: Profiles, name: str, shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    found, figures = segment(profiles.get(name).segmenter, rgb, estimate(rgb))
    for values in (found.alpha, found.confidence):
        assert values.dtype == np.float32 and np.isfinite(values).all()
        assert values.min() >= 0 and values.max() <= 1
    assert found.alpha.shape == found.confidence.shape
    assert abs(np.log(found.alpha.shape[1] / found.alpha.shape[0] * shape[0] / shape[1])) < 0.1
    assert 0 <= figures.foreground_share <= 1


def test_names(profiles: Profiles) -> None:
    assert profiles.get("").segmenter.profile == profiles.default == "fused"
    with pytest.raises(UnknownProfile) as caught:
        profiles.get("magic")
    assert "fused" in caught.value.message


def test_numbers_read_the_outline_apart() -> None:
    alpha = np.zeros((128, 128), np.float32)
    alpha[:, 64:] = 1
    confidence = np.full((128, 128), 0.9, np.float32)
    confidence[:, 63:65] = 0.3
    figures = numbers(Segmentation(alpha, confidence, 0.3))
    assert figures.review_risk == 0.3
    assert figures.foreground_share == pytest.approx(0.5)
    assert figures.edge_confidence < 0.8 < figures.mean_confidence
    empty = numbers(Segmentation(np.zeros((32, 32), np.float32), np.ones((32, 32), np.float32)))
    assert empty.edge_confidence == 1.0
