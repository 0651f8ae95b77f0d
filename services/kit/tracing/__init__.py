"""Traces by OpenTelemetry: off, and without its import, until `configure` finds an endpoint (docs/tracing.md).

A trace begins with a call from outside (`root=True`) or is that of an image; any other span is only made within one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from services.kit.errors import SelvageError
from services.kit.settings import load

from .ids import TRACEPARENT, of_image, parse
from .ids import SpanId as SpanId
from .settings import TracingSettings as TracingSettings

if TYPE_CHECKING:
    from .otel import Otel, Span

Kind = Literal["internal", "server", "client", "producer", "consumer"]

_otel: Otel | None = None


class TracingNotInstalled(SelvageError):
    """SELVAGE_TRACING_ENDPOINT is set, but OpenTelemetry is not installed. Install it with
    `pip install 'selvage[tracing]'`, or leave the setting empty."""

    code, http = "FAILED_PRECONDITION", 500


class Mark:
    """A span while it lasts; does nothing where there is none."""

    def __init__(self, span: Span | None = None) -> None:
        self._span = span

    def note(self, **attributes: str | float | bool) -> None:
        """Adds attributes, under `selvage.`."""
        if self._span is not None:
            self._span.note(attributes)


def configure(component: str, settings: TracingSettings | None = None) -> None:
    """Turns tracing on for this process if the settings say so. Raises TracingNotInstalled."""
    global _otel  # noqa: PLW0603 - one exporter a process
    settings = settings or load(TracingSettings)
    if not settings.endpoint or _otel is not None:
        return
    try:
        from .otel import Otel  # noqa: PLC0415 - a third of a second that nobody should wait for who does not trace
    except ImportError as error:
        raise TracingNotInstalled from error
    _otel = Otel(component, settings)


def close() -> None:
    """Sends what waits, and turns tracing off. Waits for the collector, some seconds at most."""
    global _otel  # noqa: PLW0603
    if _otel is not None:
        _otel.close()
        _otel = None


def on() -> bool:
    return _otel is not None


@contextmanager
def span(
    name: str, kind: Kind = "internal", *, parent: SpanId | None = None, root: bool = False, **attributes: str | float
) -> Iterator[Mark]:
    """What is done within is a span below `parent`, or else below the present span; without either it is the first of a
    trace if `root`, and no span otherwise. Attributes get the prefix `selvage.`."""
    if _otel is None:
        yield Mark()
        return
    with _otel.span(name, kind, parent, root, attributes) as made:
        yield Mark(made)


def record(name: str, kind: Kind, parent: SpanId, seconds: float, **attributes: str | float) -> None:
    """A span below `parent` of what has taken `seconds` until now."""
    if _otel is not None:
        _otel.record(name, kind, parent, seconds, attributes)


def image(image_id: UUID) -> SpanId | None:
    """The root of an image's trace, to be a parent; None when tracing is off."""
    return None if _otel is None else of_image(image_id, _otel.share)


def record_image(image_id: UUID, seconds: float, caller: str, **attributes: str | float) -> None:
    """The root itself: the image came `seconds` ago by the call `caller`, a traceparent or ''. Once an image."""
    if _otel is not None:
        _otel.record_image(
            of_image(image_id, _otel.share), seconds, parse(caller), attributes | {"image_id": str(image_id)}
        )


def received(headers: Mapping[str, Any]) -> SpanId | None:
    """The span a call was made from."""
    return parse(headers.get(TRACEPARENT))


def traceparent() -> str:
    """The present span, '' when there is none."""
    now = None if _otel is None else _otel.current()
    return "" if now is None else str(now)


def headers() -> dict[str, str]:
    """What tells the other side of a call about the present span."""
    now = traceparent()
    return {TRACEPARENT: now} if now else {}


def exemplar() -> dict[str, str] | None:
    """For a metric: the present trace, if it is kept."""
    now = None if _otel is None else _otel.current()
    return {"trace_id": f"{now.trace:032x}"} if now is not None and now.sampled else None
