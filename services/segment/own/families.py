"""The families of public models, told apart by their graphs, and how each wants its picture.

Conventions are those of the families' own inference code: ZhengPeng7/BiRefNet, xuebinqin/DIS and U-2-Net,
plemeria/InSPyReNet, briaai's model cards, ZHKKKe/MODNet. U-2-Net's code divides by the picture's own maximum; here
every model gets values over 255, so that an answer does not depend on the brightest pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.segment.own.protofile import End, Graph

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Numbers = tuple[float, float, float]
Geometry = Literal["squash", "letterbox"]


@dataclass(frozen=True)
class Family:
    """side: used where the graph leaves it free. mean, std: of values from 0 to 1, per channel. first: the finest of
    several outputs comes first (last otherwise). licence: what is known of the published weights."""

    name: str
    geometry: Geometry
    side: int
    mean: Numbers
    std: Numbers
    first: bool
    licence: str


def _all(value: float) -> Numbers:
    return value, value, value


_DIS5K = "trained on DIS5K, whose terms forbid commercial use"
FAMILIES = {
    one.name: one
    for one in (
        Family("birefnet", "squash", 1024, IMAGENET_MEAN, IMAGENET_STD, False,
               f"BiRefNet: weights declared MIT, {_DIS5K}; ask its authors before selling with it"),
        Family("isnet", "squash", 1024, _all(0.5), _all(1.0), True,
               f"IS-Net: code Apache-2.0, weights {_DIS5K}; RMBG-1.4 has the same graph and is non-commercial"),
        Family("u2net", "squash", 320, IMAGENET_MEAN, IMAGENET_STD, True,
               "U2-Net: Apache-2.0, trained on DUTS-TR"),
        Family("u2netp", "squash", 320, IMAGENET_MEAN, IMAGENET_STD, True,
               "U2-Net (small): Apache-2.0, trained on DUTS-TR"),
        Family("inspyrenet", "squash", 1024, IMAGENET_MEAN, IMAGENET_STD, True,
               f"InSPyReNet: weights declared MIT, {_DIS5K}; ask its authors before selling with it"),
        Family("rmbg-1.4", "squash", 1024, _all(0.5), _all(1.0), True,
               "RMBG-1.4: non-commercial; a commercial licence is sold by BRIA"),
        Family("rmbg-2.0", "squash", 1024, IMAGENET_MEAN, IMAGENET_STD, False,
               "RMBG-2.0: CC BY-NC 4.0, non-commercial; a commercial licence is sold by BRIA"),
        Family("modnet", "letterbox", 512, _all(0.5), _all(0.5), True,
               "MODNet: Apache-2.0; portraits only"),
    )
}  # fmt: skip

# Parts of module names that only one family has; exports keep them in the names of weights or operations.
MARKS: dict[str, tuple[str, ...]] = {
    "modnet": ("lr_branch", "hr_branch", "f_branch"),
    "birefnet": ("squeeze_module", "decoder_block4", "gdt_conv", "bb.patch_embed", "bb.layers"),
    "inspyrenet": ("context1", "attention0", "res_block"),
    "isnet": ("conv_in.", "/conv_in/", "rebnconvin", "outconv"),
}
SMALL_U2NET = 5_000_000


def recognise(graph: Graph, file_name: str) -> Family | None:
    """The family a graph belongs to, or None. The file's name only tells twins apart (RMBG has others' graphs)."""
    side = _picture(graph.inputs[0]) if len(graph.inputs) == 1 else None
    if side is None:
        return None
    said = f"{graph.metadata} {file_name}".lower()
    rmbg = "rmbg" in said or "bria" in said
    found = _marked(graph, side) or _shaped(graph, side)
    if found == "isnet" and rmbg:
        found = "rmbg-1.4"
    elif found == "birefnet" and (rmbg or [end.name for end in graph.outputs] == ["alphas"]):
        found = "rmbg-2.0"
    return FAMILIES.get(found)


def _marked(graph: Graph, side: int) -> str:
    counts = dict.fromkeys(MARKS, 0)
    for name in graph.names:
        for family, marks in MARKS.items():
            counts[family] += any(mark in name for mark in marks)
    best = max(counts, key=lambda family: counts[family])
    # U2-Net and IS-Net are built of the same blocks; the way in and the grid tell them apart
    if best == "isnet" and counts[best]:
        inlet = any("conv_in" in name for name in graph.names)
        return "isnet" if inlet or side == FAMILIES["isnet"].side else _u2net(graph)
    return best if counts[best] >= 2 else ""


def _shaped(graph: Graph, side: int) -> str:
    """For exports without names: by the number and the shapes of the outputs and the kinds of operations."""
    maps = [end for end in graph.outputs if end.shape[1:2] in ((1,), (None,)) or not end.shape]
    ops = {node.op for node in graph.nodes}
    if side == FAMILIES["u2net"].side and len(maps) == 7:
        return _u2net(graph)
    if side == FAMILIES["isnet"].side and len(maps) >= 6 and "LayerNormalization" not in ops:
        return "isnet"
    if side == FAMILIES["birefnet"].side and ops & {"DeformConv", "GridSample"} and "Softmax" in ops:
        return "birefnet"
    if len(maps) == 1 and "InstanceNormalization" in ops and "Sigmoid" in ops and "Softmax" not in ops:
        return "modnet"
    return ""


def _u2net(graph: Graph) -> str:
    return "u2netp" if graph.parameters < SMALL_U2NET else "u2net"


def _picture(end: End) -> int | None:
    """The side of a picture input [N, 3, S, S], 0 where it is free; None for anything else."""
    if len(end.shape) != 4 or end.shape[1] != 3 or end.type not in ("float", "float16"):
        return None
    height, width = end.shape[2:]
    if height and width and height != width:
        return None
    return height or width or 0
