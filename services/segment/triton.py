"""The same model on a Triton server, over the KServe v2 protocol by gRPC."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import tritonclient.grpc as client
from numpy.typing import NDArray
from tritonclient.utils import InferenceServerException

from services.kit import logs, tracing, usage
from services.kit.rpc import context
from services.segment.errors import ModelContract, TritonRefused, TritonUnavailable
from services.segment.share import BatchShare, Totals, totals

U8 = NDArray[np.uint8]
T = TypeVar("T")
log = logs.get(__name__)

KIND_GPU = 1
"""ModelInstanceGroup.Kind of model_config.proto."""
UNAVAILABLE, DEADLINE = "StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED"


class TritonRunner:
    """A synchronous client, shared by the threads of the CPU pool.

    The server is asked for readiness and for the model's tensors at the first run, and again after it was away: a
    service may start before its Triton. Only UNAVAILABLE is tried again. Raises TritonUnavailable (worth another try
    later), TritonRefused, ModelContract.
    """

    def __init__(self, url: str, name: str, *, seconds: float = 30.0, attempts: int = 3, pause: float = 0.2) -> None:
        self._url, self._name = url, name
        self._seconds, self._attempts, self._pause = seconds, attempts, pause
        self._client = client.InferenceServerClient(url)
        self._names: tuple[str, str] | None = None
        self._gpu = False
        self._share = BatchShare(self.totals)

    def run(self, pixels: U8) -> U8:
        """uint8 [N, S, S, 3] to uint8 [N, S, S, 2]."""
        given, asked = self._names or self.check()
        tensor = client.InferInput(given, list(pixels.shape), "UINT8")
        tensor.set_data_from_numpy(np.ascontiguousarray(pixels))
        wanted = [client.InferRequestedOutput(asked)]
        span = tracing.span("triton infer", "client", model=self._name, batch=len(pixels))
        with self._share.measured(len(pixels)) as charged, span:
            told = tracing.headers() or None  # Triton's own spans join, where it traces
            answer = self._call(
                lambda seconds: self._client.infer(
                    self._name, [tensor], outputs=wanted, client_timeout=seconds, headers=told
                )
            )
        usage.note_model(charged.seconds, gpu=self._gpu)
        maps = answer.as_numpy(asked)
        if maps is None or maps.shape != (*pixels.shape[:3], 2) or maps.dtype != np.uint8:
            found = "nothing" if maps is None else f"{maps.dtype} {list(maps.shape)}"
            raise ModelContract(name=self._name, problem=f"for {list(pixels.shape)} it gave {found}")
        return np.asarray(maps)

    def check(self) -> tuple[str, str]:
        """Asks whether server and model are ready and keep the contract; returns the names of input and output, which
        differ between the twin and the ONNX Runtime backend."""
        if not self._call(lambda seconds: self._client.is_model_ready(self._name, client_timeout=seconds)):
            raise TritonUnavailable(url=self._url, cause=f"the model {self._name} is not ready")
        about = self._call(
            lambda seconds: self._client.get_model_metadata(self._name, as_json=True, client_timeout=seconds)
        )
        config = self._call(lambda seconds: self._client.get_model_config(self._name, client_timeout=seconds)).config
        self._gpu = any(group.kind == KIND_GPU for group in config.instance_group)
        self._names = self._one(about, "inputs", 3), self._one(about, "outputs", 2)
        return self._names

    def _one(self, about: dict[str, Any], kind: str, channels: int) -> str:
        ends = about.get(kind, [])
        if len(ends) != 1 or not _keeps(ends[0], channels):
            raise ModelContract(name=self._name, problem=f"its {kind} are {ends}")
        return str(ends[0]["name"])

    def totals(self) -> Totals:
        """What the server has computed; nothing, said in the log, when it does not tell."""
        try:
            return totals(self._client.get_inference_statistics(self._name, client_timeout=self._left()))
        except InferenceServerException as error:
            log.warning("model_use_unknown", model=self._name, cause=str(error.message()))
            return Totals()

    def close(self) -> None:
        self._client.close()

    def _call(self, call: Callable[[float], T]) -> T:
        cause = ""
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(self._pause * 2 ** (attempt - 1))
            try:
                return call(self._left())
            except InferenceServerException as error:
                cause, status = str(error.message()), str(error.status())
                if status == DEADLINE:
                    break
                if status != UNAVAILABLE:
                    raise TritonRefused(url=self._url, name=self._name, cause=cause) from error
                self._names = None
        raise TritonUnavailable(url=self._url, cause=cause)

    def _left(self) -> float:
        """Seconds for one call: our own limit, or what the caller's deadline leaves."""
        left = context.remaining()
        return self._seconds if left is None else max(0.001, min(self._seconds, left))


def _keeps(tensor: dict[str, Any], channels: int) -> bool:
    shape = tensor.get("shape", [])
    return tensor.get("datatype") == "UINT8" and len(shape) == 4 and int(shape[3]) == channels
