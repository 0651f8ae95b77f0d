"""The one module that knows OpenTelemetry. The present span is in a variable of our own: work that moves between tasks,
such as a stream that is closed late, must not end in another one's context."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.kit.errors import SelvageError
from services.kit.version import version

from .ids import SpanId, chosen
from .settings import TracingSettings

_now: ContextVar[trace.Span | None] = ContextVar("span", default=None)
_named: ContextVar[SpanId | None] = ContextVar("named", default=None)


class Span:
    """A span of the SDK, with our attribute names."""

    def __init__(self, span: trace.Span) -> None:
        self.span = span

    def note(self, attributes: Mapping[str, str | float | bool]) -> None:
        for name, value in attributes.items():
            self.span.set_attribute(f"selvage.{name}", value)

    def fail(self, error: BaseException) -> None:
        """Rows of the error table by their reason; texts of other errors may hold what does not belong here."""
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            self.note({"cancelled": True})
        else:
            reason = error.reason if isinstance(error, SelvageError) else type(error).__name__
            self.span.set_status(Status(StatusCode.ERROR, reason))


class Otel:
    """Makes spans and sends them from a thread of its own."""

    def __init__(self, component: str, settings: TracingSettings) -> None:
        self.share = settings.share
        about = {"service.name": f"selvage-{component}", "service.version": version()}
        self._provider = TracerProvider(
            sampler=ParentBased(_Share(settings.share)),
            resource=Resource.create(about),
            id_generator=_Ids(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.endpoint)))
        self._tracer = self._provider.get_tracer("selvage")

    def close(self) -> None:
        self._provider.shutdown()

    def current(self) -> SpanId | None:
        now = _now.get()
        if now is None:
            return None
        context = now.get_span_context()
        return SpanId(context.trace_id, context.span_id, context.trace_flags.sampled)

    @contextmanager
    def span(
        self, name: str, kind: str, parent: SpanId | None, root: bool, attributes: Mapping[str, str | float]
    ) -> Iterator[Span | None]:
        above = _now.get() if parent is None else trace.NonRecordingSpan(_context(parent))
        if above is None and not root:
            yield None
            return
        context = Context() if above is None else trace.set_span_in_context(above, Context())
        made = Span(self._tracer.start_span(name, context, SpanKind[kind.upper()]))
        made.note(attributes)
        token = _now.set(made.span)
        try:
            yield made
        except BaseException as error:
            made.fail(error)
            raise
        finally:
            made.span.end()
            with contextlib.suppress(ValueError):  # closed in another task
                _now.reset(token)

    def record(
        self, name: str, kind: str, parent: SpanId, seconds: float, attributes: Mapping[str, str | float]
    ) -> None:
        context = trace.set_span_in_context(trace.NonRecordingSpan(_context(parent)), Context())
        self._past(name, kind, context, seconds, attributes)

    def record_image(
        self, root: SpanId, seconds: float, caller: SpanId | None, attributes: Mapping[str, str | float]
    ) -> None:
        links = [] if caller is None else [Link(_context(caller))]
        token = _named.set(root)
        try:
            self._past("image", "producer", Context(), seconds, attributes, links)
        finally:
            _named.reset(token)

    def _past(
        self,
        name: str,
        kind: str,
        context: Context,
        seconds: float,
        attributes: Mapping[str, str | float],
        links: Sequence[Link] = (),
    ) -> None:
        start = time.time_ns() - round(max(seconds, 0.0) * 1e9)
        made = Span(self._tracer.start_span(name, context, SpanKind[kind.upper()], links=links, start_time=start))
        made.note(attributes)
        made.span.end()


class _Ids(RandomIdGenerator):
    """Random, but where the span has a name already."""

    def generate_trace_id(self) -> int:
        named = _named.get()
        return super().generate_trace_id() if named is None else named.trace

    def generate_span_id(self) -> int:
        named = _named.get()
        return super().generate_span_id() if named is None else named.span


class _Share(Sampler):
    """Of traces that begin here. Not by the bits of the id itself: those of a UUID are not all random."""

    def __init__(self, share: float) -> None:
        self._share = share

    def should_sample(
        self,
        parent_context: Context | None,  # noqa: ARG002 - what a child does is ParentBased's to say
        trace_id: int,
        *_rest: Any,
        **_named_rest: Any,
    ) -> SamplingResult:
        kept = chosen(trace_id, self._share)
        return SamplingResult(Decision.RECORD_AND_SAMPLE if kept else Decision.DROP)

    def get_description(self) -> str:
        return f"share of {self._share:g}"


def _context(span: SpanId) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if span.sampled else TraceFlags.DEFAULT)
    return SpanContext(span.trace, span.span, is_remote=True, trace_flags=flags)
