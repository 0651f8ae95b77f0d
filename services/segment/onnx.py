"""The model in this process, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.segment.errors import ModelContract, ModelMissing, ProviderMissing
from services.segment.models import Manifest

U8 = NDArray[np.uint8]


class OnnxRunner:
    """One session, shared by all threads.

    threads: of one run. Spinning is off: idle threads that spin steal the cores of the other services. providers: in
    order of preference; each must be there, nothing is replaced by the CPU silently. Raises ModelMissing,
    ModelContract, ProviderMissing.
    """

    def __init__(
        self, manifest: Manifest, threads: int = 1, providers: Sequence[str] = ("CPUExecutionProvider",)
    ) -> None:
        self._session = session(manifest.weights, manifest.name, threads, providers)
        self._input = _checked(manifest.name, self._session)

    def run(self, pixels: U8) -> U8:
        """uint8 [N, S, S, 3] to uint8 [N, S, S, 2]."""
        return np.asarray(self._session.run(None, {self._input: pixels})[0], np.uint8)


def session(path: Path, name: str, threads: int, providers: Sequence[str]) -> onnxruntime.InferenceSession:
    """A session on exactly these providers. Raises ModelMissing, ProviderMissing."""
    available = onnxruntime.get_available_providers()
    for provider in providers:
        if provider not in available:
            raise ProviderMissing(provider=provider, available=", ".join(available))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        opened = onnxruntime.InferenceSession(str(path), options, providers=list(providers))
    except Exception as cause:  # onnxruntime's own classes share no base below Exception
        raise ModelMissing(name=name, problem=str(cause)) from cause
    for provider in providers:  # a provider may be listed and still fail to start: the session then drops it
        if provider not in opened.get_providers():
            raise ProviderMissing(provider=provider, available=", ".join(opened.get_providers()))
    return opened


def _checked(name: str, opened: onnxruntime.InferenceSession) -> str:
    """The input's name, once both ends are as the contract says."""
    inputs, outputs = opened.get_inputs(), opened.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelContract(name=name, problem=f"{len(inputs)} inputs and {len(outputs)} outputs")
    for end, channels in ((inputs[0], 3), (outputs[0], 2)):
        if end.type != "tensor(uint8)" or len(end.shape) != 4 or end.shape[3] != channels:
            raise ModelContract(name=name, problem=f"{end.name} is {end.type} {end.shape}")
    return str(inputs[0].name)
