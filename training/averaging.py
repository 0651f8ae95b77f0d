"""The mean of two sets of weights, one of which descends from the other: often better than both (docs/training.md).

Wortsman et al., "Model soups", ICML 2022.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from training.checkpoint import load
from training.restore import weights


def average(checkpoint: Path, other: Path, out: Path, share: float = 0.5) -> Path:
    """Write `checkpoint` with the mean of its weights and those of `other` (checkpoint or model folder), of which
    `share` (0 to 1) are its own. What it records of its run stays, its origin tells of the mean."""
    state: dict[str, Any] = load(checkpoint)
    theirs = weights(other)
    state["ema"] = {name: share * value + (1 - share) * theirs[name] for name, value in state["ema"].items()}
    state["origin"] = f"{state['origin']}; mean with {other.name}, {share:g} : {1 - share:g}"
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, out)
    return out
