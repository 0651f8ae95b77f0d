"""Small ONNX files in the conventions of the public families: a 1x1 convolution whose answer is known by a formula."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

WEIGHTS = np.array([-2.0, -1.0, -3.0], np.float32)
BIAS = 1.5

NAMES = {
    "birefnet": ("bb.patch_embed.proj.weight", "squeeze_module.0.conv_in.weight", "decoder.gdt_convs_2.0.weight"),
    "isnet": ("conv_in.weight", "stage1.rebnconvin.conv_s1.weight", "side1.weight"),
    "u2net": ("stage1.rebnconvin.conv_s1.weight", "stage2.rebnconv1.conv_s1.weight", "outconv.weight"),
    "inspyrenet": ("backbone.norm0.weight", "context1.branch0.conv.weight", "attention0.query.weight"),
    "modnet": ("lr_branch.conv_lr.weight", "hr_branch.tohr_enc2x.weight", "f_branch.conv_f.weight"),
    "": (),
}


def logits(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the file's convolution makes of normalised values (h, w, 3)."""
    return (values @ WEIGHTS + BIAS).astype(np.float32)


def write(
    path: Path,
    *,
    side: int | None = 64,
    family: str = "",
    sigmoid: bool = True,
    outputs: int = 1,
    stretched: bool = False,
    half: bool = False,
    largest: int = 0,
    names: Sequence[str] = ("picture", "matte"),
    parameters: int = 0,
) -> Path:
    """A model file. `outputs` maps of which number `largest` is the answer at full size, the others are half as large;
    with `largest` -1 all are as large and the others hold zeros. `parameters`: how many weights it claims to have.
    """
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    made = np.float16 if half else np.float32
    constants = [
        numpy_helper.from_array(WEIGHTS.astype(made).reshape(1, 3, 1, 1), "head.weight"),
        numpy_helper.from_array(np.array([BIAS], made), "head.bias"),
        *(numpy_helper.from_array(np.zeros(2, np.float32), name) for name in NAMES[family]),
    ]
    if parameters:
        constants.append(numpy_helper.from_array(np.zeros(parameters, np.int8), "ballast"))
    nodes = [helper.make_node("Conv", [names[0], "head.weight", "head.bias"], ["bare"], name="head")]
    last = "bare"
    if sigmoid:
        nodes.append(helper.make_node("Sigmoid", [last], ["bounded"]))
        last = "bounded"
    if stretched:
        nodes += [
            helper.make_node("ReduceMin", [last], ["low"]),
            helper.make_node("ReduceMax", [last], ["high"]),
            helper.make_node("Sub", ["high", "low"], ["range"]),
            helper.make_node("Sub", [last, "low"], ["above"]),
            helper.make_node("Div", ["above", "range"], ["full"]),
        ]
        last = "full"
    ends = []
    for number in range(outputs):
        name = names[1] if number == max(largest, 0) else f"{names[1]}_{number}"
        small = side is not None and largest >= 0 and number != largest
        if number == max(largest, 0):
            nodes.append(helper.make_node("Identity", [last], [name]))
        elif small:
            nodes.append(helper.make_node("AveragePool", [last], [name], kernel_shape=[2, 2], strides=[2, 2]))
        else:
            nodes.append(helper.make_node("Sub", [last, last], [name]))
        sides = "H" if side is None else side // 2 if small else side
        ends.append(helper.make_tensor_value_info(name, kind, [1, 1, sides, sides]))
    picture = helper.make_tensor_value_info(names[0], kind, [1, 3, side or "H", side or "W"])
    graph = helper.make_graph(nodes, "main_graph", [picture], ends, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
