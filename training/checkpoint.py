"""Checkpoints and the record of what a run was made of. They live outside the repository."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.data import data_list
from training.generator.scene import KINDS
from training.network import TwoLooks

PROGRESS = ("step", "minutes", "pictures", "origin")


def save(
    path: Path,
    net: TwoLooks,
    ema: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    progress: Mapping[str, Any],
    plan: object,
) -> None:
    """Write everything a resumed run needs, atomically. `ema` is what evaluation and export read.

    `progress` holds `step`, `minutes` of training, `pictures` seen and the `origin` of the first weights.
    """
    assert is_dataclass(plan) and not isinstance(plan, type)
    state = {name: progress[name] for name in PROGRESS} | {
        "net": net.state_dict(),
        "ema": ema,
        "optimiser": optimiser.state_dict(),
        "plan": asdict(plan),
        "kinds": list(KINDS),
        "commit": commit(),
    }
    beside = path.with_suffix(".tmp")
    torch.save(state, beside)
    beside.replace(path)


def load(path: Path) -> dict[str, Any]:
    """A checkpoint on the CPU. Raises FileNotFoundError when there is none."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def commit() -> str:
    """The git commit of the code, `unknown` outside a checkout."""
    run = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip() or "unknown"


def data_record(photos: Path, path: Path) -> None:
    """Write the list of training files with their sha256."""
    path.write_text(json.dumps(data_list(photos), indent=0))
