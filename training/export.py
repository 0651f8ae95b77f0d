"""The shipped file: both looks, normalisation and rounding in one ONNX graph.

Contract: uint8 [N, S, S, 3] RGB in, uint8 [N, S, S, 2] (alpha, score) out; N is free and S any multiple of 32.
Weights are stored in half precision and cast when the file is loaded; all arithmetic is single precision.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.network import TwoLooks

OPSET = 18
SMALL = 256
"""Tensors with fewer values stay in single precision: they cost nothing."""


class Shipped(nn.Module):
    """uint8 (N, S, S, 3) -> uint8 (N, S, S, 2): alpha, and the score that the manifest's calibration turns into P."""

    def __init__(self, net: TwoLooks) -> None:
        super().__init__()
        self.net = net

    def forward(self, rgb: Tensor) -> Tensor:
        planes = torch.sigmoid(self.net(rgb.permute(0, 3, 1, 2).float() / 255))
        return (planes * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1)


def half_weights(net: TwoLooks) -> None:
    """Round every weight to half precision, so that what is measured is what is shipped."""
    with torch.no_grad():
        for value in net.parameters():
            value.copy_(value.half().float())


def export(net: TwoLooks, path: Path, side: int = 1024) -> str:
    """Write the file and return its sha256. Raises RuntimeError when ONNX Runtime and torch differ by more than 1/255.

    The weights of `net` are rounded to half precision in place.
    """
    half_weights(net)
    shipped = Shipped(net).eval()
    example = torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8)
    edge = torch.export.Dim("edge", min=2, max=64)
    program = torch.onnx.export(
        shipped,
        (example,),
        dynamo=True,
        opset_version=OPSET,
        verbose=False,
        input_names=["rgb"],
        output_names=["alpha_confidence"],
        dynamic_shapes={"rgb": {0: torch.export.Dim("N", min=1, max=64), 1: 32 * edge, 2: 32 * edge}},
    )
    assert program is not None
    model = program.model_proto
    store_half(model)
    for entry in model.graph.node:
        del entry.metadata_props[:]  # the exporter notes source paths of the machine it ran on
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = model.SerializeToString()
    path.write_bytes(data)
    worst = difference(shipped, path, side)
    if worst > 1:
        raise RuntimeError(f"ONNX Runtime and torch differ by {worst}/255")
    return hashlib.sha256(data).hexdigest()


def store_half(model: onnx.ModelProto) -> None:
    """Keep large float initialisers as half precision, each behind a Cast that the runtime folds at load."""
    casts = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        if values.size < SMALL:
            continue
        name = tensor.name
        stored = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
        model.graph.initializer.remove(tensor)
        model.graph.initializer.append(stored)
        casts.append(
            onnx.helper.make_node("Cast", [stored.name], [name], name=f"cast_{name}", to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def difference(shipped: nn.Module, path: Path, side: int) -> int:
    """Largest difference, in 1/255, between torch and ONNX Runtime on a smooth random picture, batch of one."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0, 255, (1, 3, 16, 16)).astype(np.float32))
    smooth = nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 255)
    rgb: NDArray[np.uint8] = smooth.to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    theirs = session.run(None, {session.get_inputs()[0].name: rgb})[0].astype(np.int16)
    with torch.inference_mode():
        ours = shipped(torch.from_numpy(rgb)).numpy().astype(np.int16)
    return int(np.abs(ours - theirs).max())
