"""What the two looks see of a scene: the whole of it small, and crops of its edge at full size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn
from torch.utils.data import IterableDataset, get_worker_info

from training.generator.light import F32
from training.generator.scene import Banks, Scene, scene
from training.network import FIRST_SIDE

SIDES = (512, 768, 1024)
SIDE_SHARES = (0.25, 0.3, 0.45)


@dataclass(frozen=True)
class ViewPlan:
    """How many crops of which side are taken of each scene, and how many of them sit on an edge."""

    crop: int = 256
    crops: int = 5
    on_edge: float = 0.85


@dataclass
class Batch:
    """`whole` is (N, 6, 384, 384) uint8, `crops` (N, K, 6, C, C) uint8: rgb, alpha, weight and shadow, all times 255.

    `boxes` (N, K, 4) float32 are the crops' x, y, width, height as shares of the scene.
    """

    whole: Tensor
    crops: Tensor
    boxes: Tensor


def views(rng: np.random.Generator, made: Scene, plan: ViewPlan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole view, crops and boxes of one scene, laid out as in `Batch` without N."""
    grey = np.dstack([made.alpha, made.weight, made.shadow])
    planes = np.dstack([made.rgb, (np.clip(grey, 0, 1) * 255 + 0.5).astype(np.uint8)])
    side = planes.shape[0]
    small = (FIRST_SIDE, FIRST_SIDE)
    whole = np.dstack([cv2.resize(part, small, interpolation=cv2.INTER_AREA) for part in np.split(planes, 2, axis=2)])
    corners = [_corner(rng, made.alpha, plan) for _ in range(plan.crops)]
    crops = np.stack([planes[y : y + plan.crop, x : x + plan.crop] for x, y in corners])
    boxes = np.array([[x, y, plan.crop, plan.crop] for x, y in corners], np.float32) / side
    first = np.ascontiguousarray(whole.transpose(2, 0, 1))
    return first, np.ascontiguousarray(crops.transpose(0, 3, 1, 2)), boxes


def _corner(rng: np.random.Generator, alpha: F32, plan: ViewPlan) -> tuple[int, int]:
    side = alpha.shape[0]
    top = side - plan.crop
    x, y = rng.integers(top + 1, size=2)
    if rng.random() < plan.on_edge:
        small = cv2.resize(alpha, (128, 128), interpolation=cv2.INTER_AREA)
        ys, xs = np.nonzero((small > 0.05) & (small < 0.95))
        if len(ys):
            pick = rng.integers(len(ys))
            jitter = rng.uniform(-0.35, 0.35, 2) * plan.crop
            y = int(np.clip(ys[pick] * side / 128 - plan.crop / 2 + jitter[0], 0, top))
            x = int(np.clip(xs[pick] * side / 128 - plan.crop / 2 + jitter[1], 0, top))
    return int(x), int(y)


class Scenes(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless views of generated scenes; the stream is decided by `seed` and the worker's number."""

    def __init__(self, banks: Banks, plan: ViewPlan, seed: int) -> None:
        super().__init__()
        self.banks, self.plan, self.seed = banks, plan, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            side = int(rng.choice(SIDES, p=SIDE_SHARES))
            made = scene(rng, self.banks, side)
            whole, crops, boxes = views(rng, made, self.plan)
            yield torch.from_numpy(whole), torch.from_numpy(crops), torch.from_numpy(boxes)


def collate(rows: list[tuple[Tensor, Tensor, Tensor]]) -> Batch:
    """Stack rows of `Scenes` into a batch."""
    whole, crops, boxes = zip(*rows, strict=True)
    return Batch(torch.stack(whole), torch.stack(crops), torch.stack(boxes))


def cut_prior(prior: Tensor, boxes: Tensor, side: int) -> Tensor:
    """The part of `prior` (N, C, h, w) under each box (N, K, 4) -> (N*K, C, side, side).

    Pixel centres fall where bilinear enlargement of the whole prior would put them, so training and use agree.
    """
    count = boxes.shape[1]
    x, y, width, height = boxes.reshape(-1, 4).unbind(1)
    zero = torch.zeros_like(x)
    theta = torch.stack([width, zero, 2 * x + width - 1, zero, height, 2 * y + height - 1], 1).reshape(-1, 2, 3)
    repeated = prior.repeat_interleave(count, 0)
    grid = fn.affine_grid(theta, [len(theta), prior.shape[1], side, side], align_corners=False)
    return fn.grid_sample(repeated, grid, padding_mode="border", align_corners=False)
