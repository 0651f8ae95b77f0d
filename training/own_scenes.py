"""Scenes for fine-tuning: a user's photos as taken and re-composed, and the generator's own scenes in between.

The replay keeps what the network knew; re-composing shows each product on many grounds. Hard masks do not count near
their edge, so that they cannot teach the network to forget soft ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from training.generator.light import U8
from training.generator.phone import phone_view
from training.generator.scene import FROM_PHONE, KINDS, SHARES, Banks, Scene, scene
from training.pairs import Labelled, cutout
from training.views import SIDES, ViewPlan, views

HARD_RIM = 4.0
"""Pixels at either side of a binary mask's edge that do not count."""
AS_TAKEN = 0.6


class OwnScenes(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless views as `training.views.Scenes`; a share `replay` of them comes from the generator's banks."""

    def __init__(
        self,
        own: Sequence[Labelled],
        replay: Banks,
        share: float,
        plan: ViewPlan,
        seed: int,
        sides: Sequence[int] = SIDES,
    ) -> None:
        super().__init__()
        self.own, self.replay, self.share, self.plan, self.seed, self.sides = own, replay, share, plan, seed, sides
        hard, soft = [one for one in own if one.binary], [one for one in own if not one.binary]
        self.hard = Banks([], [(one.rgb, _worn(one.alpha)) for one in hard], replay.photos)
        self.soft = Banks([cutout(one) for one in soft], [], replay.photos)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            whole, crops, boxes = views(rng, self.draw(rng, int(rng.choice(self.sides))), self.plan)
            yield torch.from_numpy(whole), torch.from_numpy(crops), torch.from_numpy(boxes)

    def draw(self, rng: np.random.Generator, side: int) -> Scene:
        """One scene of `side`."""
        if rng.random() < self.share:
            return scene(rng, self.replay, side, _kind(rng, self.replay))
        one = self.own[int(rng.integers(len(self.own)))]
        if rng.random() < AS_TAKEN:
            rgb, alpha, weight = phone_view(rng, one.rgb, one.alpha, side, HARD_RIM if one.binary else 0.0)
            return Scene(rgb, alpha, weight, np.zeros_like(alpha), "own")
        if one.binary:
            return scene(rng, self.hard, side, "phone_moved")
        return scene(rng, self.soft, side, "product")


def _worn(mask: U8) -> U8:
    """A hard mask two pixels smaller: when the product moves to another ground, none of the old one comes along."""
    return np.asarray(cv2.erode(mask, np.ones((5, 5), np.uint8)), np.uint8)


def _kind(rng: np.random.Generator, banks: Banks) -> str:
    """A kind of scene these banks can make."""
    possible = [banks.phone or kind not in FROM_PHONE for kind in KINDS]
    shares = np.where([bool(one) for one in possible], SHARES, 0)
    return str(rng.choice(KINDS, p=shares / shares.sum()))
