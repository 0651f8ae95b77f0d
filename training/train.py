"""Training by the clock: starts from ImageNet, from scratch or from a checkpoint; resumes where it was stopped."""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numba
import torch
from torch import Tensor
from torch.nn import functional as fn
from torch.utils.data import DataLoader

from training.checkpoint import data_record, load, save
from training.data import data_folder, train_banks
from training.encoder import imagenet_weights
from training.losses import LossWeights, Target, loss
from training.network import TwoLooks, signed
from training.restore import weights
from training.views import Batch, Scenes, ViewPlan, collate, cut_prior


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run. Times are minutes of training, pauses not counted."""

    minutes: float = 480.0
    scenes: int = 2
    rate: float = 4e-4
    encoder_share: float = 0.3
    warm_steps: int = 60
    clip: float = 2.0
    decay: float = 1e-3
    ema: float = 0.997
    mistaken_priors: float = 0.15
    save_every: float = 3.0
    seed: int = 1
    threads: int = 2
    half: bool | None = None
    """Compute in bfloat16 (losses and weights stay in single precision); None: where the device is quick at it."""
    encoder: str = "imagenet"
    views: ViewPlan = field(default_factory=ViewPlan)
    weights: LossWeights = field(default_factory=LossWeights)


def train(plan: Plan, folder: Path, *, init: Path | None = None, device: str = "cpu") -> Path:
    """Train until `plan.minutes` are used up and return the checkpoint's path, `folder/last.pt`.

    An existing `last.pt` in `folder` is resumed; otherwise `init` (a checkpoint of this network, or the folder of an
    exported model) or, without it, `plan.encoder` (imagenet or scratch) gives the first weights. `folder` also gets
    `plan.json`, `data.json`, `log.jsonl`. SIGTERM saves and stops after the step in hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # before the loader forks: a forked thread pool of OpenCV waits for ever
    torch.set_num_threads(plan.threads)
    numba.set_num_threads(min(plan.threads, numba.config.NUMBA_NUM_THREADS))
    torch.manual_seed(plan.seed)
    last = folder / "last.pt"
    net = TwoLooks()
    origin = plan.encoder if init is None else init.name
    state: dict[str, Any] = (
        load(last) if last.exists() else {"step": 0, "minutes": 0.0, "pictures": 0, "origin": origin}
    )
    if "net" in state:
        net.load_state_dict(state["net"])
    elif init is not None:
        net.load_state_dict(weights(init))
    elif plan.encoder == "imagenet":
        for look in (net.first, net.second):
            look.enc.load_state_dict(imagenet_weights())
    net.to(device, memory_format=torch.channels_last).train()
    ema = {name: value.clone() for name, value in state.get("ema", net.state_dict()).items()}
    optimiser = torch.optim.AdamW(parameter_groups(net, plan), weight_decay=plan.decay)
    if "optimiser" in state:
        optimiser.load_state_dict(state["optimiser"])
    photos = data_folder()
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=1))
    data_record(photos, folder / "data.json")
    # a resumed run draws new scenes, not the old ones again
    batches = iter(
        DataLoader(
            Scenes(train_banks(photos), plan.views, plan.seed * 1_000_003 + int(state["step"])),
            batch_size=plan.scenes,
            num_workers=1,
            prefetch_factor=3,
            collate_fn=collate,
        )
    )
    return _run(plan, net, ema, optimiser, batches, state, last, device)


def average(ema: dict[str, Tensor], net: TwoLooks, most: float, step: int) -> None:
    """Move the averaged weights towards the net's; over few steps the average is short."""
    keep = min(most, (1 + step) / (10 + step))
    with torch.no_grad():
        for name, value in net.state_dict().items():
            ema[name].lerp_(value, 1 - keep)


def parameter_groups(net: TwoLooks, plan: Plan) -> list[dict[str, Any]]:
    """Parameter groups: the encoder learns slowly, the ways in which the second look is told of the first fast."""
    groups: dict[float, list[Tensor]] = {plan.encoder_share: [], 1.0: [], 2.0: []}
    for name, value in net.named_parameters():
        share = plan.encoder_share if ".enc." in name else 2.0 if "hint" in name or "trust" in name else 1.0
        groups[share].append(value)
    return [{"params": values, "lr": plan.rate * share, "full": plan.rate * share} for share, values in groups.items()]


def _run(
    plan: Plan,
    net: TwoLooks,
    ema: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    batches: Iterator[Batch],
    state: dict[str, Any],
    last: Path,
    device: str,
) -> Path:
    step, before, pictures = int(state["step"]), float(state["minutes"]), int(state["pictures"])
    started = saved = time.monotonic()
    sums: dict[str, float] = {}
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    while True:
        used = before + (time.monotonic() - started) / 60
        if used >= plan.minutes or stopped:
            break
        pace = min(1.0, (step + 1) / plan.warm_steps) * (0.5 + 0.5 * math.cos(math.pi * used / plan.minutes)) + 0.01
        for group in optimiser.param_groups:
            group["lr"] = group["full"] * pace
        parts = learn(plan, net, next(batches), optimiser, device)
        step, pictures = step + 1, pictures + plan.scenes
        average(ema, net, plan.ema, step)
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + part / 20
        if step % 20 == 0:
            _log(last.parent, {"step": step, "minutes": used, "pictures": pictures} | sums)
            sums = {}
        if time.monotonic() - saved > plan.save_every * 60:
            saved = time.monotonic()
            save(last, net, ema, optimiser, state | {"step": step, "minutes": used, "pictures": pictures}, plan)
    save(last, net, ema, optimiser, state | {"step": step, "minutes": used, "pictures": pictures}, plan)
    return last


def learn(plan: Plan, net: TwoLooks, batch: Batch, optimiser: torch.optim.Optimizer, device: str) -> dict[str, float]:
    """One step of both looks on one batch. The second learns from the first's answer but does not teach it."""
    rgb, target = _split(batch.whole.to(device))
    half = quick_at_half(device) if plan.half is None else plan.half
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
        logits, coarse = (values.float() for values in net.first(rgb))
    first, first_parts = loss(logits, coarse, target, plan.weights)
    prior = _mistake(signed(logits.detach()), plan.mistaken_priors)
    side = batch.crops.shape[-1]
    near = cut_prior(prior, batch.boxes.to(device), side)
    rgb, target = _split(batch.crops.flatten(0, 1).to(device))
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
        logits, coarse = (values.float() for values in net.second(rgb, near))
    second, second_parts = loss(logits, coarse, target, plan.weights)
    optimiser.zero_grad(set_to_none=True)
    (first + second).backward()
    for look in (net.first, net.second):
        torch.nn.utils.clip_grad_norm_(look.parameters(), plan.clip)
    optimiser.step()
    return {f"first.{name}": value for name, value in first_parts.items()} | {
        f"second.{name}": value for name, value in second_parts.items()
    }


def quick_at_half(device: str) -> bool:
    """Whether `device` computes bfloat16 faster than single precision: CPUs with AMX or AVX-512's bfloat16, GPUs that
    know it."""
    if torch.device(device).type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _split(planes: Tensor) -> tuple[Tensor, Target]:
    values = planes.float() / 255
    truth = Target(values[:, 3:4], values[:, 4:5], values[:, 5:6])
    return values[:, :3].contiguous(memory_format=torch.channels_last), truth


def _mistake(prior: Tensor, share: float) -> Tensor:
    """Make some first answers wrong in an ellipse, as they are on pictures never trained on."""
    line = torch.linspace(-1, 1, prior.shape[-1], device=prior.device)
    out = prior.clone()
    for index in range(len(prior)):
        if torch.rand(()) < share:
            x, y = (2 * torch.rand(2) - 1).tolist()
            a, b = (0.05 + 0.4 * torch.rand(2)).tolist()
            inside = ((line[None] - x) / a) ** 2 + ((line[:, None] - y) / b) ** 2 < 1
            told = prior[index, 0]
            wrong = -told if torch.rand(()) < 0.5 else torch.full_like(told, 2 * float(torch.rand(())) - 1)
            out[index, 0] = torch.where(inside, wrong, told)
    if torch.rand(()) < share:
        out = fn.avg_pool2d(out, 5, 1, 2)
    return out


def _log(folder: Path, row: dict[str, float]) -> None:
    with (folder / "log.jsonl").open("a") as file:
        file.write(json.dumps({name: round(value, 5) for name, value in row.items()} | {"pid": os.getpid()}) + "\n")
