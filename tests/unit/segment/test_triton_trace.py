"""A call to Triton is a span, and tells the server about it: Triton's own spans can join."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from services.kit import tracing
from services.segment.triton import TritonRunner
from tests.parts.otlp import collector

SIDE = 8
METADATA = pb.ModelMetadataResponse(
    inputs=[pb.ModelMetadataResponse.TensorMetadata(name="rgb", datatype="UINT8", shape=[-1, SIDE, SIDE, 3])],
    outputs=[pb.ModelMetadataResponse.TensorMetadata(name="maps", datatype="UINT8", shape=[-1, SIDE, SIDE, 2])],
)


class Zeros(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """Speaks the protocol and answers zeros; keeps the headers it was sent."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []

    def ModelReady(self, request: Any, context: Any) -> Any:
        return pb.ModelReadyResponse(ready=True)

    def ModelMetadata(self, request: Any, context: Any) -> Any:
        return METADATA

    def ModelConfig(self, request: Any, context: Any) -> Any:
        return pb.ModelConfigResponse()

    def ModelStatistics(self, request: Any, context: Any) -> Any:
        return pb.ModelStatisticsResponse()

    def ModelInfer(self, request: Any, context: Any) -> Any:
        self.headers.append(dict(context.invocation_metadata()))
        shape = [request.inputs[0].shape[0], SIDE, SIDE, 2]
        answer = pb.ModelInferResponse(raw_output_contents=[bytes(int(np.prod(shape)))])
        answer.outputs.add(name="maps", datatype="UINT8", shape=shape)
        return answer


@pytest.fixture
def triton() -> Iterator[tuple[Zeros, str]]:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    made = Zeros()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(made, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield made, f"127.0.0.1:{port}"
    server.stop(0).wait()


def test_the_call_is_a_span_and_says_so(triton: tuple[Zeros, str]) -> None:
    server, url = triton
    runner = TritonRunner(url, "selvage_segment")
    pixels = np.zeros((2, SIDE, SIDE, 3), np.uint8)
    runner.run(pixels)  # off: no header
    with collector() as sink:
        tracing.configure("segment", tracing.TracingSettings(endpoint=sink.address))
        with tracing.span("stage segment", root=True):
            runner.run(pixels)
        tracing.close()
    runner.close()
    below, above = sorted(sink.taken, key=lambda each: each.name, reverse=True)
    assert (below.name, above.name) == ("triton infer", "stage segment")
    assert below.span.parent_span_id == above.span.span_id
    assert below.attributes == {"selvage.model": "selvage_segment", "selvage.batch": 2}
    sent = [headers.get("traceparent") for headers in server.headers]
    assert sent == [None, f"00-{below.trace}-{below.span.span_id.hex()}-01"]
