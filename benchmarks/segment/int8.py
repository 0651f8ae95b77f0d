"""Whether the shipped model may run in 8-bit integers: edges, error, time and size beside the other precisions.

    python -m benchmarks.segment.int8 [--limit 3] [--calibration 4] [--groups white people] [--out FILE] [--keep FOLDER]

`shipped` stores half-precision weights and computes in single precision. `fp16` computes in half precision wherever
ONNX Runtime allows (on a CPU it casts back around each kernel, so that only its figures count, not its time). `int8` is
static quantisation (QDQ, weights per channel, activations over ranges seen on scenes of the train split), `int8, heads
apart` leaves the last layers of both looks alone, and `dynamic` finds the ranges at each run. The pictures are those of
`python -m training evaluate`, the same for all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from benchmarks.segment.scenes import papers, phones
from services.segment.geometry import grow, letterbox
from services.segment.learned import LearnedSegmenter
from services.segment.models import DEFAULT, Manifest, find, read
from services.segment.onnx import OnnxRunner
from training.data import data_folder
from training.evaluate import OVERALL, Row, judge, summary
from training.judged import GROUPS, judged

COLUMNS = ("edge_accuracy", "iou", "mae", "band", "edge_ece")
GROUNDS = ("white", "coloured", "same_tone", "room")
LAST = 2
"""Convolutions at the end of each look that `heads apart` leaves in single precision."""


class Scenes(CalibrationDataReader):  # type: ignore[misc]
    """Train-split pictures as the network sees them."""

    def __init__(self, count: int, side: int) -> None:
        made = [rgb for ground in GROUNDS for rgb, _, _ in papers("train", ground, count, seed=5)]
        made += [rgb for rgb, _, _ in papers("train", "room", count, seed=5, source="magento")]
        made += [rgb for rgb, _, _ in list(phones("train"))[:: max(1, 64 // count)]]
        self._squares = iter([letterbox(rgb, side)[0][None] for rgb in made])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        square = next(self._squares, None)
        return None if square is None else {"rgb": square}


def single(source: Path, target: Path) -> None:
    """The shipped file with its weights in single precision again: what the quantiser expects."""
    model = onnx.load(str(source))
    halves = {tensor.name: tensor for tensor in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in halves:
            half = halves[node.input[0]]
            values = onnx.numpy_helper.to_array(half).astype(np.float32)
            model.graph.initializer.remove(half)
            model.graph.initializer.append(onnx.numpy_helper.from_array(values, node.output[0]))
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    onnx.save(model, str(target))


def heads(model: onnx.ModelProto) -> list[str]:
    """Names of the last convolutions before each sigmoid."""
    makers = {name: node for node in model.graph.node for name in node.output}
    found = []
    for node in model.graph.node:
        if node.op_type != "Sigmoid":
            continue
        at, left = [node], LAST
        while at and left:
            one = at.pop(0)
            if one.op_type == "Conv":
                found.append(one.name)
                left -= 1
            at += [makers[name] for name in one.input if name in makers]
    return found


def build(shipped: Path, folder: Path, count: int, side: int) -> dict[str, Path]:
    """The files to be compared, by what is said of them."""
    plain, ready = folder / "single.onnx", folder / "ready.onnx"
    single(shipped, plain)
    quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
    model = onnx.load(str(ready))
    files = {"shipped": shipped}
    half = folder / "fp16.onnx"
    onnx.save(convert_float_to_float16(onnx.load(str(plain)), keep_io_types=True), str(half))
    files["fp16"] = half
    for name, apart in (("int8", []), ("int8, heads apart", heads(model))):
        files[name] = folder / f"{name.replace(', ', '-').replace(' ', '-')}.onnx"
        quantize_static(
            str(ready), str(files[name]), Scenes(count, side), quant_format=QuantFormat.QDQ, per_channel=True,
            reduce_range=True,  # without it the 16-bit sums of processors before VNNI overflow
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=apart, op_types_to_quantize=["Conv", "Gemm"],
        )  # fmt: skip
    files["dynamic"] = folder / "dynamic.onnx"
    quantize_dynamic(str(ready), str(files["dynamic"]), per_channel=True, reduce_range=True)
    return files


def compare(files: dict[str, Path], manifest: Manifest, groups: Sequence[str], limit: int) -> dict[str, list[Row]]:
    """Every file on every picture, through the service's own code."""
    segmenters = {name: LearnedSegmenter(name, OnnxRunner(replace(manifest, weights=file)), manifest)
                  for name, file in files.items()}  # fmt: skip
    rows: dict[str, list[Row]] = {name: [] for name in files}
    for picture in judged(data_folder(), groups=tuple(groups), limit=limit):
        for name, segmenter in segmenters.items():
            started = time.process_time()
            found = segmenter.segment(picture.rgb, None)
            seconds = time.process_time() - started
            alpha, confidence = (grow(plane, *picture.truth.shape) for plane in (found.alpha, found.confidence))
            rows[name].append(judge(picture, alpha, confidence, seconds))
        print(picture.group, picture.name, flush=True)
    return rows


def lines(figures: dict[str, dict[str, dict[str, Any]]], files: dict[str, Path]) -> Iterator[str]:
    """The figures as Markdown: a table of edges and errors, and one of time and size."""
    yield "| group | precision | n | " + " | ".join(COLUMNS) + " |"
    yield "|---" * (len(COLUMNS) + 3) + "|"
    for group in dict.fromkeys(group for mine in figures.values() for group in mine if group not in OVERALL):
        for name, mine in figures.items():
            row = mine[group]
            cells = [f"{row[column]:.4f}" if column in row else "-" for column in COLUMNS]
            yield f"| {group} | {name} | {row['pictures']} | " + " | ".join(cells) + " |"
    yield "\n| precision | CPU seconds a picture | MiB |\n|---|---|---|"
    for name, mine in figures.items():
        seconds = np.mean([row["cpu_seconds"] for group, row in mine.items() if group not in OVERALL])
        yield f"| {name} | {seconds:.2f} | {files[name].stat().st_size / 2**20:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=int, default=3, help="products a group")
    parser.add_argument("--calibration", type=int, default=4, help="products a ground whose activations set the ranges")
    parser.add_argument("--side", type=int, default=1024, help="grid on which the ranges are set")
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--out", type=Path, help="also write all figures as JSON")
    parser.add_argument("--keep", type=Path, help="keep the files in this folder")
    options = parser.parse_args()
    manifest = read(find(DEFAULT))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        files = build(manifest.weights, folder, options.calibration, options.side)
        rows = compare(files, manifest, options.groups, options.limit)
        figures = {name: summary(mine) for name, mine in rows.items()}
        print("\n".join(lines(figures, files)))
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
