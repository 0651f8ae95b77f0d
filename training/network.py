"""The two-look segmentation network: an EfficientNet-Lite0 encoder and a small decoder that keeps detail, used twice.

The first look sees the whole picture on a small grid and decides *what* the product is. The second look sees the full
grid and the first look's answer and decides *where* its edge runs. Both are plain convolutions without any
normalisation layer (batch norm of the encoder is folded in), so the result does not depend on the batch or the side.

Sources: EfficientNet-Lite (Liu 2020, layer table in `encoder.py`); feature pyramid (Lin et al., CVPR 2017);
pixel shuffle (Shi et al., CVPR 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from training.encoder import CHANNELS, Encoder

DECODER = (96, 64, 48, 32)
DETAIL = 16
FIRST_SIDE = 384
VIEWS = ((FIRST_SIDE, False), (320, True), (448, True))
"""Sides of the grids on which the first look is asked, and whether it then sees the picture mirrored. Its answers are
averaged: what one scale takes for a gap, another knows."""


def conv(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """Convolution with bias and ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU(inplace=True))


def zero_conv(inputs: int, outputs: int) -> nn.Conv2d:
    """A 3x3 convolution that adds nothing until it is trained."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Look(nn.Module):
    """One look: RGB in [0,1] (N, 3, H, W), sides divisible by 32 -> logits (N, 2, H, W) of alpha and confidence.

    `prior` is the number of channels of an earlier answer that is fed in beside the picture; 0 for the first look.
    Only the first look has a global term: the second is trained on crops, whose mean means nothing.
    """

    def __init__(self, prior: int = 0) -> None:
        super().__init__()
        self.enc = Encoder()
        d = DECODER
        self.ctx = nn.Sequential(conv(CHANNELS[4], d[0], 1), conv(d[0], d[0]))
        self.glob = nn.Linear(CHANNELS[4], d[0]) if prior == 0 else None
        self.lat = nn.ModuleList(nn.Conv2d(c, o, 1) for c, o in zip(CHANNELS[3::-1], d, strict=True))
        self.up = nn.ModuleList(conv(i, o) for i, o in zip((d[0], *d[:3]), d, strict=True))
        self.detail = conv(12, DETAIL)
        self.head = nn.Sequential(conv(d[3] + DETAIL, 32), nn.Conv2d(32, 8, 3, padding=1))
        self.aux = nn.Conv2d(d[1], 1, 1)
        self.hints = nn.ModuleList(zero_conv(prior, o) for o in d) if prior else None
        self.detail_hint = zero_conv(4 * prior, 32) if prior else None
        self.trust = nn.Parameter(torch.ones(1)) if prior else None

    def forward(self, rgb: Tensor, prior: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits at full size and, for deep supervision, the alpha logit at 1/8."""
        features = self.enc(rgb)
        y = self.ctx(features[4])
        if self.glob is not None:
            y = y + self.glob(features[4].mean((2, 3)))[..., None, None]
        coarse = y
        for level in range(4):
            y = self.up[level](fn.interpolate(y, scale_factor=2, mode="nearest"))
            y = y + self.lat[level](features[3 - level])
            if prior is not None and self.hints is not None:
                y = y + self.hints[level](fn.avg_pool2d(prior, 16 >> level))
            if level == 1:
                coarse = self.aux(y)
        y = self.head[0](torch.cat([y, self.detail(fn.pixel_unshuffle(rgb, 2))], 1))
        if prior is not None and self.detail_hint is not None:
            y = y + self.detail_hint(fn.pixel_unshuffle(prior, 2))
        logits = fn.pixel_shuffle(self.head[1](y), 2)
        if prior is not None and self.trust is not None:
            told = 3.0 * self.trust * prior[:, :1]
            logits = torch.cat([logits[:, :1] + told, logits[:, 1:]], 1)
        return logits, coarse


class TwoLooks(nn.Module):
    """Both looks: RGB in [0,1] (N, 3, S, S) -> logits (N, 2, S, S) of alpha and confidence.

    S is a multiple of 32; the network is meant for 1024, and 512 as a draft.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = Look()
        self.second = Look(prior=2)

    def forward(self, rgb: Tensor) -> Tensor:
        prior = torch.stack([self._told(rgb, side, mirrored) for side, mirrored in VIEWS]).mean(0)
        logits: Tensor = self.second(rgb, prior)[0]
        return logits

    def _told(self, rgb: Tensor, side: int, mirrored: bool) -> Tensor:
        """The first look's answer on a grid of `side`, enlarged to the picture's size."""
        small = shrink(rgb, side)
        told = signed(self.first(small.flip(3) if mirrored else small)[0])
        told = told.flip(3) if mirrored else told
        return fn.interpolate(told, size=rgb.shape[2:], mode="bilinear", align_corners=False)


def signed(logits: Tensor) -> Tensor:
    """Logits as an answer in [-1, 1], the form in which the second look is told of the first."""
    return 2 * torch.sigmoid(logits) - 1


def shrink(rgb: Tensor, side: int = FIRST_SIDE) -> Tensor:
    """The picture on the first look's grid: bilinear to twice that, then means of four. Any size, one graph."""
    return fn.avg_pool2d(fn.interpolate(rgb, size=(2 * side, 2 * side), mode="bilinear", align_corners=False), 2)
