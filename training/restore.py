"""The network back from a model folder, so that the shipped file is all that further training needs to start."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor

from services.segment.models import read
from training.checkpoint import load
from training.errors import WeightsUnreadable
from training.network import TwoLooks

TOLD = 3.0
"""The graph holds this multiple of the second look's trust as one constant (`network.Look.forward`)."""


def restore(folder: Path) -> TwoLooks:
    """The network of a folder that `training.export` wrote. The heads of deep supervision, which no export carries,
    start at zero. Raises ModelMissing, WeightsUnreadable.
    """
    manifest = read(folder)
    model = onnx.load(str(manifest.weights))
    found = {
        tensor.name.removesuffix("_half").removeprefix("net."): onnx.numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
    }
    net = TwoLooks()
    trusts = [values for values in found.values() if values.shape == (1,) and values.dtype.kind == "f"]
    state = net.state_dict()
    for name, value in state.items():
        if name == "second.trust" and len(trusts) == 1:
            value.copy_(torch.from_numpy(trusts[0] / TOLD))
        elif ".aux." in name:
            value.zero_()
        elif name in found and found[name].shape == tuple(value.shape):
            value.copy_(torch.from_numpy(found[name].astype("float32")))
        else:
            raise WeightsUnreadable(name=manifest.name, problem=f"its file has no {name} of that shape")
    net.load_state_dict(state)
    return net


def weights(source: Path) -> dict[str, Tensor]:
    """Of a checkpoint, the averaged ones, or of a model folder. Raises FileNotFoundError, ModelMissing,
    WeightsUnreadable."""
    found: dict[str, Tensor] = restore(source).state_dict() if source.is_dir() else load(source)["ema"]
    return found
