"""The model in Triton's Python backend, on ONNX Runtime. Runs in Triton's interpreter and imports nothing of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils  # type: ignore[import-not-found]
from numpy.typing import NDArray

U8 = NDArray[np.uint8]


class TritonPythonModel:
    """One session per instance."""

    def initialize(self, args: dict[str, str]) -> None:
        """Loads the model and compares an answer with the manifest's; a failure keeps the server from being ready."""
        _check_numpy()
        parameters = json.loads(args["model_config"])["parameters"]
        here = Path(args["model_repository"])
        folder = (here / parameters["model"]["string_value"]).resolve()
        manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(parameters["threads"]["string_value"])
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / manifest["file"]), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        _check_answer(self._run(probe(64))[0], manifest["probe"])

    def execute(self, requests: list[Any]) -> list[Any]:
        """Runs each request's batch; requests of one size arrive together."""
        batches = [pb_utils.get_input_tensor_by_name(request, "pixels").as_numpy() for request in requests]
        maps = self._run(np.concatenate(batches))
        parts = np.split(maps, np.cumsum([len(batch) for batch in batches])[:-1])
        return [pb_utils.InferenceResponse([pb_utils.Tensor("maps", np.ascontiguousarray(part))]) for part in parts]

    def _run(self, pixels: U8) -> U8:
        return np.asarray(self._session.run(None, {self._input: pixels})[0], np.uint8)


def probe(side: int) -> U8:
    """A picture whose answer the manifest knows: a dark square on a light ground, uint8 [1, side, side, 3]."""
    pixels = np.full((1, side, side, 3), 235, np.uint8)
    pixels[:, side // 4 : -side // 4, side // 4 : -side // 4] = (40, 60, 120)
    return pixels


def _check_numpy() -> None:
    """Triton 24.10's stub returns empty tensors under numpy 2, with status success: refuse to start instead."""
    if int(np.__version__.split(".")[0]) >= 2:
        raise pb_utils.TritonModelException(f"numpy {np.__version__}: this server needs numpy below 2")
    tensor = pb_utils.Tensor("maps", probe(8))
    if not np.array_equal(tensor.as_numpy(), probe(8)):
        raise pb_utils.TritonModelException("a tensor came back changed: numpy and this server do not fit together")


def _check_answer(maps: U8, known: dict[str, float]) -> None:
    """The self-test: means of both maps on the probe, as the manifest has them, to one level of 255."""
    for channel, name in enumerate(("alpha", "confidence")):
        found = float(maps[..., channel].mean())
        if abs(found - known[name]) > 1.0:
            raise pb_utils.TritonModelException(f"self-test: mean {name} {found:.2f}, expected {known[name]}")
