"""A model's answer for a photo of any size: from a checkpoint, or from a folder as the segment service loads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from services.segment.geometry import grow, letterbox, unletterbox

if TYPE_CHECKING:
    from services.segment.port import Segmenter
    from training.network import TwoLooks

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

Predictor = Callable[[U8], tuple[F32, F32]]
"""rgb uint8 (H, W, 3) -> alpha and confidence, float32 (H, W)."""


def from_checkpoint(path: Path, side: int) -> Predictor:
    """The averaged weights of a checkpoint on a grid of `side`, confidence uncalibrated, on the CPU."""
    from training.network import TwoLooks  # noqa: PLC0415 - judging exported models needs no torch
    from training.restore import weights  # noqa: PLC0415

    net = TwoLooks()
    net.load_state_dict(weights(path))
    return from_net(net.eval(), side)


def from_net(net: TwoLooks, side: int) -> Predictor:
    """A network in memory on a grid of `side`, confidence uncalibrated."""
    import torch  # noqa: PLC0415

    def predict(rgb: U8) -> tuple[F32, F32]:
        grid, box = letterbox(rgb, side)
        with torch.inference_mode():
            planes = torch.sigmoid(net(torch.from_numpy(grid).permute(2, 0, 1)[None].float() / 255))[0]
        answer = np.ascontiguousarray(unletterbox(planes.permute(1, 2, 0).numpy(), box), np.float32)
        alpha, confidence = (grow(np.ascontiguousarray(answer[..., k]), *rgb.shape[:2]) for k in (0, 1))
        return alpha, confidence

    return predict


def from_own(file: Path, threads: int = 1) -> Predictor:
    """A user's own ONNX file, run as the profile it would be."""
    from services.segment.own import folder  # noqa: PLC0415

    segmenter, _ = folder.load(folder.inspect(file), threads, ("CPUExecutionProvider",))
    return Through(segmenter, plate=False)


class Through:
    """A segmenter as a predictor: its maps grown to the photo's size, and what it says of its own risk."""

    def __init__(self, segmenter: Segmenter, *, plate: bool) -> None:
        self._segmenter, self._plate = segmenter, plate

    def __call__(self, rgb: U8) -> tuple[F32, F32]:
        return self.told(rgb)[:2]

    def told(self, rgb: U8) -> tuple[F32, F32, float | None]:
        """Alpha, confidence, and P(a person would touch it) where the model was fitted for that."""
        from services.kit.paper import estimate  # noqa: PLC0415

        answer = self._segmenter.segment(rgb, estimate(rgb) if self._plate else None)
        alpha, confidence = (grow(plane, *rgb.shape[:2]) for plane in (answer.alpha, answer.confidence))
        return alpha, confidence, answer.review_risk


def from_profile(name: str) -> Predictor:
    """A profile as the segment service is set up here, with the photo's own plate."""
    from services.kit.settings import load  # noqa: PLC0415
    from services.segment.profiles import build  # noqa: PLC0415
    from services.segment.settings import SegmentSettings  # noqa: PLC0415

    return Through(build(load(SegmentSettings)).get(name).segmenter, plate=True)


def from_folder(folder: Path, *, calibrated: bool = True, threads: int = 1, side: int | None = None) -> Predictor:
    """A model folder (model.json and its file) through the segment service's own code, or with its bare scores.

    `side`: another grid than the manifest's.
    """
    from dataclasses import replace  # noqa: PLC0415

    from services.segment.calibrate import IDENTITY  # noqa: PLC0415
    from services.segment.learned import LearnedSegmenter  # noqa: PLC0415
    from services.segment.models import read  # noqa: PLC0415
    from services.segment.onnx import OnnxRunner  # noqa: PLC0415

    manifest = read(folder)
    if not calibrated:
        manifest = replace(manifest, calibration=IDENTITY)
    if side is not None:
        manifest = replace(manifest, side=side, looks=(side,))
    return Through(LearnedSegmenter(manifest.name, OnnxRunner(manifest, threads), manifest), plate=False)
