"""How a graph ends: whether a sigmoid is inside, and whether it stretches its answer to the full range.

Applying a second sigmoid squeezes 0 and 1 to 0.5 and 0.73; leaving the only one out gives logits for alpha. Both
happen to people, so the last operations are looked at, from the output backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.segment.own.protofile import Graph, Node

Sigmoid = Literal["inside", "missing", "unknown"]

ENDS_INSIDE = {"Sigmoid", "HardSigmoid", "Softmax"}
ENDS_BARE = {"Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Concat", "FusedConv", "LogSoftmax"}
SHAPE_ONLY = {
    "Identity", "Cast", "Resize", "Upsample", "Reshape", "Squeeze", "Unsqueeze", "Slice", "Transpose", "Flatten",
    "Gather", "Dropout", "Clip", "Pad", "Round", "Crop", "QuantizeLinear", "DequantizeLinear",
}  # fmt: skip
ARITHMETIC = {"Add", "Sub", "Mul", "Div"}
EXTREMES = {"ReduceMin", "ReduceMax"}
LONGEST = 200


@dataclass(frozen=True)
class Ending:
    """sigmoid: inside the graph, missing, or not to be told. stretched: the answer is brought to its own full range."""

    sigmoid: Sigmoid
    stretched: bool


def ending(graph: Graph, output: str) -> Ending:
    """Follows the output `output` back to the first operation that decides its range."""
    made = {name: node for node in graph.nodes for name in node.outputs}
    stretched, name = False, output
    for _ in range(LONGEST):
        node = made.get(name)
        if node is None or not node.inputs:
            return Ending("unknown", stretched)
        if node.op in ENDS_INSIDE:
            return Ending("inside", stretched)
        if node.op in ENDS_BARE:
            return Ending("missing", stretched)
        if node.op in ARITHMETIC:
            others = [one for one in node.inputs[1:] if not _constant(one, graph, made)]
            extremes = [one for one in others if _extreme(one, made)]
            if len(extremes) < len(others):
                # two answers that are added are logits; products of two are anyone's guess
                return Ending("missing" if node.op == "Add" else "unknown", stretched)
            stretched = stretched or bool(extremes)
        elif node.op not in SHAPE_ONLY:
            return Ending("unknown", stretched)
        name = node.inputs[0] if not _constant(node.inputs[0], graph, made) else node.inputs[-1]
    return Ending("unknown", stretched)


def _constant(name: str, graph: Graph, made: dict[str, Node]) -> bool:
    return name in graph.constants or (name in made and made[name].op in ("Constant", "ConstantOfShape"))


def _extreme(name: str, made: dict[str, Node], depth: int = 4) -> bool:
    """Whether a value comes from a minimum or maximum over the picture within few steps."""
    node = made.get(name)
    if node is None or depth == 0:
        return False
    return node.op in EXTREMES or (
        node.op in ARITHMETIC | SHAPE_ONLY and any(_extreme(one, made, depth - 1) for one in node.inputs)
    )
