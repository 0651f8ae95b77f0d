"""What surrounds every request: request id, log context, metrics, and the last catch for what nobody foresaw."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import logs, metrics, tracing
from services.kit.errors import SelvageError
from services.kit.rpc import context as call_context

from .problems import problem

log = logs.get(__name__)

UNTRACED = ("/healthz", "/readyz", "/metrics")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Around:
    """ASGI middleware. `pattern` gives the route pattern of an endpoint, so that labels are few."""

    def __init__(self, app: ASGIApp, pattern: Callable[[Any], str]) -> None:
        self._app = app
        self._pattern = pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = call_context.accept_request_id(Headers(scope=scope).get("x-request-id"))
        call_context.set_remaining(None)
        started = time.perf_counter()
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        parent = tracing.received(Headers(scope=scope))
        with logs.bound(request_id=request_id), self._span(scope, parent) as mark:
            try:
                await self._app(scope, receive, note)
            except Exception:
                log.exception("request_failed", path=scope["path"])
                if status:
                    raise  # the answer has begun; the connection is cut, so that nobody takes it for whole
                await problem(SelvageError(), scope["path"])(scope, receive, note)
            finally:
                route = self._pattern(scope.get("endpoint"))
                method = scope["method"] if scope["method"] in METHODS else "other"
                mark.note(route=route, status=status or 499)
                metrics.HTTP_REQUESTS.labels(route, method, str(status or 499)).inc()
                metrics.HTTP_SECONDS.labels(route, method).observe(time.perf_counter() - started, tracing.exemplar())

    def _span(self, scope: Scope, parent: tracing.SpanId | None) -> AbstractContextManager[tracing.Mark]:
        """Of every request but those of probes and scrapers, who would fill the store with nothing."""
        if scope["path"] in UNTRACED:
            return nullcontext(tracing.Mark())
        return tracing.span(f"HTTP {scope['method']}", "server", parent=parent, root=True)
