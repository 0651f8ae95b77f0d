"""What an ONNX file says about its graph, without its weights.

A reader of the few protobuf fields that matter here (onnx.proto3, ONNX 1.17; wire format of protobuf). The file is
mapped, never read as a whole: weights of a gigabyte are skipped over. The onnx package is needed by training only.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
TYPES = {1: "float", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 10: "float16", 11: "double", 16: "bfloat16"}

Message = memoryview
Value = int | memoryview


@dataclass(frozen=True)
class End:
    """An input or output: its name, element type and shape; None where a side is free. Shape () when unknown."""

    name: str
    type: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Node:
    """One operation."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """constants: names of the weights. parameters: how many numbers they hold. metadata: producer and free entries."""

    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    nodes: tuple[Node, ...]
    constants: frozenset[str]
    parameters: int
    metadata: str

    @property
    def names(self) -> Iterator[str]:
        """Names of weights and operations, which keep the modules' names in most exports."""
        yield from self.constants
        yield from (node.name for node in self.nodes)


def read(path: Path) -> Graph:
    """Raises OSError when the file cannot be read, ValueError when it is no ONNX model."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _model(memoryview(mapped))
    except (IndexError, UnicodeDecodeError, TypeError) as cause:
        raise ValueError("it is no ONNX model") from cause


def _model(view: Message) -> Graph:
    graph, said = None, []
    for number, value in _fields(view):
        if number in (2, 4, 6) and isinstance(value, memoryview):
            said.append(_text(value))
        elif number == 14:
            said += [_text(part) for _, part in _fields(_message(value))]
        elif number == 7:
            graph = _message(value)
    if graph is None:
        raise ValueError("it holds no graph")
    return _graph(graph, " ".join(said))


def _graph(view: Message, said: str) -> Graph:
    inputs, outputs, nodes, constants, parameters = [], [], [], set(), 0
    for number, value in _fields(view):
        if number == 1:
            nodes.append(_node(_message(value)))
        elif number == 2:
            said = f"{said} {_text(value)}"
        elif number == 5:
            name, size = _tensor(_message(value))
            constants.add(name)
            parameters += size
        elif number == 11:
            inputs.append(_end(_message(value)))
        elif number == 12:
            outputs.append(_end(_message(value)))
    constants |= {name for node in nodes if node.op == "Constant" for name in node.outputs}
    fed = tuple(end for end in inputs if end.name not in constants)  # old files list weights as inputs too
    if not fed or not outputs:
        raise ValueError("its graph has no input or no output")
    return Graph(fed, tuple(outputs), tuple(nodes), frozenset(constants), parameters, said)


def _node(view: Message) -> Node:
    inputs, outputs, name, op = [], [], "", ""
    for number, value in _fields(view):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 3:
            name = _text(value)
        elif number == 4:
            op = _text(value)
    return Node(op, name, tuple(inputs), tuple(outputs))


def _tensor(view: Message) -> tuple[str, int]:
    name, size = "", 1
    for number, value in _fields(view):
        if number == 1:
            for side in _numbers(value):
                size *= side
        elif number == 8:
            name = _text(value)
    return name, size


def _end(view: Message) -> End:
    name, kind = "", ""
    shape: tuple[int | None, ...] = ()
    for number, value in _fields(view):
        if number == 1:
            name = _text(value)
        elif number == 2:
            for part, tensor in _fields(_message(value)):
                if part == 1:
                    kind, shape = _typed(_message(tensor))
    return End(name, kind, shape)


def _typed(view: Message) -> tuple[str, tuple[int | None, ...]]:
    kind = ""
    shape: list[int | None] = []
    for number, value in _fields(view):
        if number == 1:
            kind = TYPES.get(value, str(value)) if isinstance(value, int) else ""
        elif number == 2:
            for part, side in _fields(_message(value)):
                if part == 1:
                    sizes = [size for place, size in _fields(_message(side)) if place == 1 and isinstance(size, int)]
                    shape.append(sizes[0] if sizes and sizes[0] > 0 else None)
    return kind, tuple(shape)


def _fields(view: Message) -> Iterator[tuple[int, Value]]:
    """Number and value of every field; groups, which ONNX does not use, are refused."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        kind = key & 7
        if kind == VARINT:
            number, at = _varint(view, at)
            yield key >> 3, number
        elif kind == BYTES:
            size, at = _varint(view, at)
            if at + size > len(view):
                raise ValueError("it ends too early")
            yield key >> 3, view[at : at + size]
            at += size
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        else:
            raise ValueError("it is no ONNX model")


def _varint(view: Message, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = view[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("it is no ONNX model")


def _numbers(value: Value) -> Iterator[int]:
    """A repeated number, packed or one at a time."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield number


def _message(value: Value) -> Message:
    if isinstance(value, int):
        raise TypeError("a number where a message should be")
    return value


def _text(value: Value) -> str:
    return bytes(_message(value)).decode("utf-8")
