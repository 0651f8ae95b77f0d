"""An OpenTelemetry collector in small: it takes spans over gRPC and keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Taken:
    """A span and the service that made it."""

    service: str
    span: Span

    @property
    def name(self) -> str:
        return str(self.span.name)

    @property
    def trace(self) -> str:
        return str(self.span.trace_id.hex())

    @property
    def attributes(self) -> dict[str, Any]:
        values = {each.key: each.value for each in self.span.attributes}
        return {name: getattr(value, value.WhichOneof("value") or "string_value") for name, value in values.items()}


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    address: str = ""
    taken: list[Taken] = field(default_factory=list)

    def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            spans = [span for scope in resource.scope_spans for span in scope.spans]
            self.taken += [Taken(names["service.name"], span) for span in spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    def tree(self, trace: str) -> dict[str, str]:
        """Of a trace: the path of names from the root to each span, with the service of each."""
        spans = {each.span.span_id: each for each in self.taken if each.trace == trace}

        def path(each: Taken) -> str:
            above = spans.get(each.span.parent_span_id)
            return f"{path(above)} > {each.name}" if above else each.name

        return {path(each): each.service for each in spans.values()}


@contextmanager
def collector() -> Iterator[Collector]:
    """Running; `address` is the endpoint to set."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    made = Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(made, server)  # type: ignore[no-untyped-call]
    made.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield made
    finally:
        server.stop(0).wait()
