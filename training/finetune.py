"""Fine-tuning: a short training on a user's labelled photos with replay, stopped when a validation part gets no better.

Recipe: nothing is frozen; a quarter of the usual rate, the encoder slower still; half of the scenes are the
generator's (rehearsal against forgetting); hard masks spare the edge. What counts is edge accuracy on SKUs that are not
learnt from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from training import measures
from training.checkpoint import save
from training.generator.scene import Banks
from training.judged import Judged
from training.losses import LossWeights
from training.network import TwoLooks
from training.own_scenes import OwnScenes
from training.pairs import Labelled
from training.predict import from_net
from training.train import Plan, average, learn, parameter_groups
from training.views import SIDES, Batch, ViewPlan, collate


@dataclass(frozen=True)
class FinePlan:
    """Everything that decides a fine-tune. look: steps between two validations; patience: validations without gain
    before it ends; replay: share of the generator's scenes; side: grid of validation and of the model written."""

    steps: int = 600
    look: int = 60
    patience: int = 4
    minutes: float = 240.0
    replay: float = 0.5
    rate: float = 1e-4
    scenes: int = 2
    ema: float = 0.98
    side: int = 1024
    sides: tuple[int, ...] = SIDES
    seed: int = 1
    threads: int = 2
    workers: int = 1
    views: ViewPlan = field(default_factory=ViewPlan)


@dataclass(frozen=True)
class Progress:
    """What a fine-tune came to. steps: made; best: the step whose weights are kept, 0 when nothing helped."""

    steps: int
    best: int
    pictures: int
    minutes: float
    accuracy: list[tuple[int, float, float]]
    """Step, mean edge accuracy and mean error on the validation part."""


def finetune(
    plan: FinePlan, net: TwoLooks, own: Sequence[Labelled], validation: Sequence[Judged], replay: Banks, folder: Path
) -> Progress:
    """Train `net` further; it ends with the best weights, which also lie in `folder/last.pt` beside `log.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # before the loader forks
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    # the heads of deep supervision came without weights: their loss would only disturb
    train = Plan(rate=plan.rate, scenes=plan.scenes, seed=plan.seed, views=plan.views, weights=LossWeights(coarse=0.0))
    net.train()
    ema = {name: value.clone() for name, value in net.state_dict().items()}
    optimiser = torch.optim.AdamW(parameter_groups(net, train), weight_decay=train.decay)
    batches = _batches(plan, own, replay)
    started, step, best = time.monotonic(), 0, 0
    kept = {name: value.clone() for name, value in ema.items()}
    looks = [(0, *_accuracy(ema, validation, plan.side))]
    reached = looks[0]
    over = False
    while not over:
        pace = min(1.0, (step + 1) / 10) * (1 - 0.9 * step / plan.steps)
        for group in optimiser.param_groups:
            group["lr"] = group["full"] * pace
        parts = learn(train, net, next(batches), optimiser, "cpu")
        step += 1
        average(ema, net, plan.ema, step)
        over = step >= plan.steps or time.monotonic() - started > plan.minutes * 60
        if step % plan.look == 0 or over:
            looks.append((step, *_accuracy(ema, validation, plan.side)))
            _log(folder, looks[-1], parts)
            if _better(looks[-1], reached):
                reached, best = looks[-1], step
                kept = {name: value.clone() for name, value in ema.items()}
            elif sum(one[0] > best for one in looks) >= plan.patience:
                break
    net.load_state_dict(kept)
    minutes = (time.monotonic() - started) / 60
    made = Progress(step, best, step * plan.scenes, minutes, looks)
    record = {"step": step, "minutes": minutes, "pictures": made.pictures, "origin": "finetune"}
    save(folder / "last.pt", net, kept, optimiser, record, plan)
    return made


def _batches(plan: FinePlan, own: Sequence[Labelled], replay: Banks) -> Iterator[Batch]:
    loader = DataLoader(
        OwnScenes(own, replay, plan.replay, plan.views, plan.seed, plan.sides),
        batch_size=plan.scenes,
        num_workers=plan.workers,
        prefetch_factor=3 if plan.workers else None,
        collate_fn=collate,
    )
    return iter(loader)


def _accuracy(weights: dict[str, Tensor], pictures: Sequence[Judged], side: int) -> tuple[float, float]:
    """Mean edge accuracy and mean error of the averaged weights."""
    net = TwoLooks()
    net.load_state_dict(weights)
    answer = from_net(net.eval(), side)
    found = []
    for picture in pictures:
        alpha, _ = answer(picture.rgb)
        found.append((measures.edge_accuracy(alpha, picture.truth), measures.mean_error(alpha, picture.truth)))
    edges, errors = np.array(found).T
    return round(float(np.nanmean(edges)) if np.isfinite(edges).any() else 0.0, 4), float(errors.mean())


def _better(one: tuple[int, float, float], than: tuple[int, float, float]) -> bool:
    """Edge accuracy decides, the mean error where that is equal."""
    return (one[1], -one[2]) > (than[1], -than[2])


def _log(folder: Path, look: tuple[int, float, float], parts: dict[str, float]) -> None:
    row = {"step": look[0], "edge_accuracy": look[1], "mae": look[2]} | parts
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
