"""What training minimises. Weights follow the published matting losses, with the edge and true shadows counted more."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as fn

EVENT = 0.1
"""Confidence is the probability that alpha is off by at most this much."""


@dataclass(frozen=True)
class LossWeights:
    """Shares of the parts, and how much more a pixel near the edge or in a shadow counts."""

    l1: float = 1.0
    cross_entropy: float = 0.5
    pyramid: float = 1.0
    gradient: float = 2.0
    coarse: float = 0.2
    confidence: float = 0.1
    edge: float = 4.0
    shadow: float = 2.0


@dataclass(frozen=True)
class Target:
    """Truth: alpha, weight (0 where unknown) and shadow, each (N, 1, H, W) in [0,1]."""

    alpha: Tensor
    weight: Tensor
    shadow: Tensor


def loss(logits: Tensor, coarse: Tensor, target: Target, weights: LossWeights) -> tuple[Tensor, dict[str, float]]:
    """Total loss of logits (N, 2, H, W) and the coarse alpha logit (N, 1, H/8, W/8), and its parts by name."""
    alpha, known = target.alpha, target.weight
    z, c = logits[:, :1], logits[:, 1:]
    p = torch.sigmoid(z)
    near = fn.max_pool2d(((alpha > 0.02) & (alpha < 0.98)).float(), 7, 1, 3)
    count = known * (1 + (weights.edge - 1) * near + weights.shadow * (target.shadow > 0.05).float())
    scale = 1 / count.mean().clamp_min(0.2)
    off = (p - alpha).abs()
    parts = {
        "l1": (off * count).mean() * scale * weights.l1,
        "cross_entropy": (fn.binary_cross_entropy_with_logits(z, alpha, reduction="none") * count).mean()
        * scale
        * weights.cross_entropy,
        "pyramid": _pyramid((p - alpha) * known) * weights.pyramid,
        "gradient": _gradient(p, alpha, known) * weights.gradient,
        "coarse": fn.binary_cross_entropy_with_logits(coarse, fn.avg_pool2d(alpha, 8)) * weights.coarse,
        "confidence": (
            fn.binary_cross_entropy_with_logits(c, (off <= EVENT).float().detach(), reduction="none") * count
        ).mean()
        * scale
        * weights.confidence,
    }
    total = torch.stack(list(parts.values())).sum()
    named = {name: float(part.detach()) for name, part in parts.items()}
    return total, named | {"mae": float((off.detach() * known).mean())}


def _gradient(p: Tensor, alpha: Tensor, known: Tensor) -> Tensor:
    """L1 between the horizontal and vertical differences of both mattes."""
    d = p - alpha
    across = (d[..., :, 1:] - d[..., :, :-1]).abs() * known[..., :, 1:] * known[..., :, :-1]
    down = (d[..., 1:, :] - d[..., :-1, :]).abs() * known[..., 1:, :] * known[..., :-1, :]
    return across.mean() + down.mean()


def _pyramid(difference: Tensor, levels: int = 4) -> Tensor:
    """L1 of the Laplacian pyramid of a difference; each level weighs twice the finer one (Hou and Liu, ICCV 2019)."""
    total = difference.new_zeros(())
    for level in range(levels):
        small = fn.avg_pool2d(difference, 2)
        band = difference - fn.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
        total = total + (2**level) * band.abs().mean() / levels
        difference = small
    return total
