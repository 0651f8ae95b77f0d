"""A user's own model as a segmenter: its picture in its own way, its answer as alpha, nothing stretched."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.segment.calibrate import Calibration
from services.segment.errors import OwnModelUnfit
from services.segment.geometry import grow, letterbox, plan, squash, unletterbox
from services.segment.own.card import Spec
from services.segment.own.confidence import score
from services.segment.port import Segmentation

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SLACK = 0.02
"""How far outside 0 and 1 an alpha may lie: half precision and resizing inside a graph."""


class OwnSegmenter:
    """One session, shared by all threads. Raises OwnModelUnfit at the first answer that is no alpha."""

    def __init__(self, spec: Spec, session: onnxruntime.InferenceSession, calibration: Calibration) -> None:
        self._spec, self._session, self._calibration = spec, session, calibration

    @property
    def profile(self) -> str:
        return self._spec.name

    def segment(self, rgb: U8, plate: Plate | None) -> Segmentation:
        """rgb: uint8 (H, W, 3). The plate is not used."""
        del plate
        alpha = self.alpha(rgb)
        return Segmentation(alpha, self._calibration.apply(score(alpha), alpha))

    def alpha(self, rgb: U8) -> F32:
        """float32 (h, w) with the photo's aspect on the model's grid."""
        side = self._spec.side
        if self._spec.geometry == "letterbox":
            square, box = letterbox(rgb, side)
            answer = grow(self._run(square), side, side)
            return np.ascontiguousarray(unletterbox(answer, box), np.float32)
        answer = self._run(squash(rgb, side))
        box = plan(rgb.shape[0], rgb.shape[1], side)
        return grow(answer, box.height, box.width)

    def _run(self, square: U8) -> F32:
        values = self._values(square)
        answer = self._session.run([self._spec.output], {self._spec.input: values})[0]
        plane = np.asarray(_plane(self._spec.name, answer), np.float32)
        low, high = float(plane.min()), float(plane.max())
        if self._spec.add_sigmoid:
            if low >= 0 and high <= 1 and high > low:
                self._refuse(f"its answer lies between {low:.2f} and {high:.2f} already; is the sigmoid inside?")
            return np.asarray(1 / (1 + np.exp(-np.clip(plane, -30, 30))), np.float32)
        if not (low >= -SLACK and high <= 1 + SLACK):  # also refuses NaN
            self._refuse(f"its answer lies between {low:.2f} and {high:.2f}; is the sigmoid missing?")
        return np.clip(plane, 0, 1)

    def _values(self, square: U8) -> NDArray[Any]:
        picture = square[..., ::-1] if self._spec.reverse else square
        mean, std = (np.asarray(values, np.float32) for values in (self._spec.mean, self._spec.std))
        values = (picture.astype(np.float32) / np.float32(self._spec.scale) - mean) / std
        planes = np.ascontiguousarray(values.transpose(2, 0, 1)[None])
        return planes.astype(np.float16) if self._spec.half else planes

    def _refuse(self, problem: str) -> None:
        advice = "Say `sigmoid: inside` or `sigmoid: missing` in the card beside it."
        raise OwnModelUnfit(name=self._spec.name, problem=problem, advice=advice)


def _plane(name: str, answer: NDArray[Any]) -> NDArray[Any]:
    """[1, 1, h, w], [1, h, w] or [h, w] as (h, w)."""
    sides = answer.shape
    if len(sides) < 2 or any(side != 1 for side in sides[:-2]):
        advice = "Name another output in the card beside it."
        raise OwnModelUnfit(name=name, problem=f"the answer has the shape {list(sides)}", advice=advice)
    return answer.reshape(sides[-2:])
